#!/usr/bin/env python3
"""Reads spool files, segments and rollups of Spoor's embedded store by docs/format.md alone: the oracle of the format test.

Prints one JSON object a span: tenant, and as hexadecimal the Resource message and its schema URL, the scope message and its
schema URL, and the Span message. Checks every CRC, the order of blocks, the bounds that blocks state, and that every trace
is found through the trace index. Not written for speed.

With `rollups` as second argument: one JSON object a cell of each rollup.
"""
import json
import os
import struct
import sys
import zlib

import zstandard

M = 0xFFFFFFFF


class Reader:
    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def take(self, n):
        assert self.at + n <= len(self.data), 'beyond the end'
        self.at += n
        return self.data[self.at - n:self.at]

    def u32(self):
        return struct.unpack('<I', self.take(4))[0]

    def words(self, n):
        return struct.unpack('<%dI' % n, self.take(4 * n))

    def longs(self, n):
        return struct.unpack('<%dQ' % n, self.take(8 * n))

    def varint(self):
        value = shift = 0
        while True:
            b = self.take(1)[0]
            value |= (b & 0x7F) << shift
            shift += 7
            if b < 0x80:
                return value

    def varints(self, n):
        return [self.varint() for _ in range(n)]

    def byte_list(self):
        return [self.take(n) for n in self.varints(self.varint())]


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def unzigzag(value):
    return value >> 1 if value % 2 == 0 else -(value + 1 >> 1)


def fields(message):
    """(number, wire type, value) of a protobuf message; bytes of length-delimited fields."""
    reader = Reader(message)
    while reader.at < len(message):
        tag = reader.varint()
        kind = tag & 7
        if kind == 0:
            yield tag >> 3, kind, reader.varint()
        elif kind == 1:
            yield tag >> 3, kind, reader.take(8)
        elif kind == 2:
            yield tag >> 3, kind, reader.take(reader.varint())
        elif kind == 5:
            yield tag >> 3, kind, reader.take(4)
        else:
            raise ValueError('wire type %d' % kind)


def one(message, number):
    found = [value for n, kind, value in fields(message) if n == number and kind == 2]
    return found[-1] if found else b''


# Tombstones that are about what is being read.
tombstones = []


def service_of(resource):
    for number, _, attribute in fields(resource):
        if number == 1 and one(attribute, 1) == b'service.name':
            return one(one(attribute, 2), 1).decode()
    return ''


def is_deleted(tenant, resource, span):
    for tombstone in tombstones:
        target = tombstone['target']
        if tombstone['tenant'] != tenant:
            continue
        if target.get('everything') or one(span, 1).hex() in target.get('traceIds', []):
            return True
        if 'service' in target and service_of(resource) == target['service']:
            start = [struct.unpack('<Q', value)[0] for n, kind, value in fields(span) if n == 7 and kind == 1]
            if int(target['startMinNs']) <= (start or [0])[-1] <= int(target['startMaxNs']):
                return True
    return False


def emit(tenant, resource, resource_schema, scope, scope_schema, span):
    if is_deleted(tenant, resource, span):
        return
    names = ('resource', 'resourceSchema', 'scope', 'scopeSchema', 'span')
    parts = (resource, resource_schema, scope, scope_schema, span)
    print(json.dumps({'tenant': tenant, **{name: part.hex() for name, part in zip(names, parts)}}))


# Spool

def record_at(data, at):
    """(record number, tenant, payload, end), or (None, end where it is known)."""
    if at + 32 > len(data) or data[at:at + 4] != b'SPOL':
        return None, None
    head = data[at:at + 32]
    length, crc, tenant_bytes, signal = struct.unpack('<IIHB', head[4:15])
    if zlib.crc32(head[:28]) != struct.unpack('<I', head[28:])[0]:
        return None, None
    body = data[at + 32:at + 32 + length]
    end = at + 32 + length
    if len(body) < length or zlib.crc32(body) != crc:
        return None, end if end < len(data) else None
    assert signal == 1
    number = struct.unpack('<I', head[24:28])[0]
    return (number, body[:tenant_bytes].decode(), body[tenant_bytes:], end), end


def spool_records(data):
    at = 48
    while at < len(data):
        record, end = record_at(data, at)
        if record is not None:
            yield record
            at = end
        elif end is not None:
            at = end
        else:
            at = data.find(b'SPOL', at + 1)
            while at >= 0 and record_at(data, at)[0] is None:
                at = data.find(b'SPOL', at + 1)
            if at < 0:
                return


def spool_header(data, path):
    assert data[:8] == b'SPOORSPL', path
    version, index, head, first = struct.unpack('<IIQI', data[8:28])
    assert version == 1, '%s has version %d' % (path, version)
    assert zlib.crc32(data[:44]) == struct.unpack('<I', data[44:48])[0], path
    return head, index, first


def valid_id(value, length):
    return len(value) == length and any(value)


def read_chain(head, paths, manifest):
    files = []
    for path in sorted(paths):
        with open(path, 'rb') as file:
            data = file.read()
        if data:
            files.append((spool_header(data, path)[2], data))
    following = 0
    for i, (_, data) in enumerate(files):
        limit = min([first for first, _ in files[i + 1:]], default=M + 1)
        for number, tenant, payload, _ in spool_records(data):
            if following <= number < limit:
                following = number + 1
                tombstones[:] = [
                    tombstone for tombstone in manifest['tombstones']
                    for bound in tombstone['heads'] if bound['head'] == head and number < bound['record']
                ]
                read_traces_data(tenant, payload)


def read_traces_data(tenant, payload):
    for _, _, resource_spans in fields(payload):
        resource, schema = one(resource_spans, 1), one(resource_spans, 3)
        for number, _, scope_spans in fields(resource_spans):
            if number != 2:
                continue
            scope, scope_schema = one(scope_spans, 1), one(scope_spans, 3)
            for n, _, span in fields(scope_spans):
                if n == 2 and valid_id(one(span, 1), 16) and valid_id(one(span, 2), 8):
                    emit(tenant, resource, schema, scope, scope_schema, span)


# Segments

class Container:
    """A file of parts: a segment or a rollup."""
    marks = ()

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data = data = file.read()
        assert data[:8] == self.marks[0], path
        assert struct.unpack('<I', data[8:12])[0] == 1, path
        assert zlib.crc32(data[:28]) == struct.unpack('<I', data[28:32])[0], path
        trailer = data[-32:]
        offset, count, crc, version, own = struct.unpack('<QIIII', trailer[:24])
        assert trailer[24:] == self.marks[1] and version == 1 and zlib.crc32(trailer[:20]) == own, path
        directory = data[offset:offset + 32 * count]
        assert zlib.crc32(directory) == crc and offset + 32 * count + 32 == len(data)
        self.parts = {}
        for i in range(count):
            kind, codec, index, at, stored, raw, part_crc, _ = struct.unpack('<HHIQIIII', directory[32 * i:32 * i + 32])
            assert (codec == 1) == (stored != raw)
            self.parts[kind, index] = self.stretch(at, stored, raw, part_crc)
        self.load()

    def stretch(self, at, stored, raw, crc):
        data = self.data[at:at + stored]
        assert zlib.crc32(data) == crc, 'CRC at %d' % at
        if stored != raw:
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=raw)
        assert len(data) == raw
        return data

    def pages(self, kind):
        index = 0
        while (kind, index) in self.parts:
            yield self.parts[kind, index]
            index += 1


class Segment(Container):
    marks = (b'SPOORSEG', b'SPOOREND')

    def load(self):
        self.meta = json.loads(self.parts[1, 0])
        keys = Reader(self.parts[7, 0])
        self.keys = keys.byte_list()
        self.entry_counts = keys.varints(len(self.keys) + 1)
        self.names = Reader(self.parts[8, 0]).byte_list()
        self.event_names = Reader(self.parts[9, 0]).byte_list()
        self.resources = Reader(self.parts[10, 0]).byte_list()
        self.scopes = Reader(self.parts[11, 0]).byte_list()
        shapes = Reader(self.parts[15, 0])
        self.shapes = [shapes.varints(shapes.varint()) for _ in range(shapes.varint())]
        self.dictionary = [value for page in self.pages(5) for value in Reader(page).byte_list()]
        assert len(self.dictionary) == sum(self.entry_counts) == self.meta['dictionaryEntries']
        self.first_entry = [sum(self.entry_counts[:key]) for key in range(len(self.keys) + 1)]
        self.load_pieces()
        self.load_blocks()

    def load_pieces(self):
        self.pieces = []
        for page in self.pages(3):
            reader = Reader(page)
            n = reader.u32()
            ids = [reader.take(16) for _ in range(n)]
            blocks, first, rows = reader.words(n), reader.words(n), reader.words(n)
            oldest, newest_end, errors, roots = reader.longs(n), reader.longs(n), reader.words(n), reader.words(n)
            spread, resources, names = reader.longs(n), reader.words(n), reader.words(n)
            self.pieces += zip(ids, blocks, first, rows, oldest, newest_end, errors, roots, spread, resources, names)
        assert len(self.pieces) == self.meta['pieces']
        index = struct.unpack('<%dI' % (2 * len(self.pieces)), self.parts[4, 0])
        hashes, numbers = index[:len(self.pieces)], index[len(self.pieces):]
        assert list(hashes) == sorted(hashes) and sorted(numbers) == list(range(len(self.pieces)))
        for fingerprint, number in zip(hashes, numbers):
            assert fingerprint == trace_fingerprint(self.pieces[number][0]), 'trace index'

    def load_blocks(self):
        reader = Reader(self.parts[2, 0])
        n = reader.u32()
        names = ('tenant', 'flags', 'piece', 'pieces', 'rows')
        columns = {name: reader.words(n) for name in names}
        columns.update({name: reader.longs(n) for name in ('oldest', 'newest', 'longest', 'offset')})
        streams = [(reader.words(n), reader.words(n), reader.words(n)) for _ in range(4)]
        columns['filter_at'], columns['filter_words'] = reader.words(n), reader.words(n)
        counts = reader.words(n)
        self.blocks = []
        for i in range(n):
            block = {name: column[i] for name, column in columns.items()}
            at = block['offset']
            block['streams'] = []
            for stored, raw, crc in streams:
                block['streams'].append(self.stretch(at, stored[i], raw[i], crc[i]))
                at += stored[i]
            block['resources'] = reader.varints(counts[i])
            self.blocks.append(block)

    def read(self):
        spans = 0
        self.counts = [0] * (len(self.resources) // 3)
        for tenant in self.meta['tenants']:
            first, end = tenant['firstBlock'], tenant['firstBlock'] + tenant['blocks']
            stray = end - tenant['strayBlocks']
            for run in (range(first, stray), range(stray, end)):
                newest = [self.blocks[i]['newest'] for i in run]
                assert newest == sorted(newest, reverse=True), 'order of blocks'
                for i in run:
                    assert self.blocks[i]['flags'] == (1 if i >= stray else 0)
            for i in range(first, end):
                spans += Block(self, self.blocks[i], i).read(tenant['name'])
        assert spans == self.meta['spans']
        sums = Reader(self.parts[16, 0])
        n = sums.u32()
        assert list(sums.words(n)) == self.counts and sum(sums.longs(n)) == self.meta['rawBytes'], 'resource sums'


def trace_fingerprint(trace_id):
    a, b = struct.unpack('<II', trace_id[8:])
    m = ((a ^ 0x2545F491) * 0x9E3779B1 ^ b * 0x85EBCA77) & M
    m = (m ^ m >> 16) * 0xC2B2AE3D & M
    return m ^ m >> 13


NONE = 0xFFFFFFFF


def is_error(status, span):
    error = [field(1, b'error') + field(2, value) for value in (b'\x10\x01', b'\x0a\x04true')]
    return status == 2 or any(field(9, attribute) in span for attribute in error)


class Block:
    def __init__(self, segment, entry, number):
        self.segment = segment
        self.entry = entry
        self.n = n = entry['rows']
        self.pieces = segment.pieces[entry['piece']:entry['piece'] + entry['pieces']]
        assert sum(piece[3] for piece in self.pieces) == n and all(piece[1] == number for piece in self.pieces)
        columns = self.sections(entry['streams'][0], 9)
        self.resource, self.scope, self.name = (columns[i].varints(n) for i in range(3))
        self.kind, self.status, self.flags = (columns[i].take(n) for i in range(3, 6))
        self.start, self.duration, self.parent = (columns[i].varints(n) for i in range(6, 9))
        ids = entry['streams'][1]
        self.ids = [ids[8 * i:8 * i + 8] for i in range(n)]
        explicit = [row for row in range(n) if self.parent[row] == 1]
        assert len(ids) == 8 * (n + len(explicit))
        self.parent_ids = {row: ids[8 * (n + i):8 * (n + i) + 8] for i, row in enumerate(explicit)}
        shapes, counts, codes, times, event_shapes, values = self.sections(entry['streams'][2], 6)
        self.row_shapes, self.event_counts = shapes.varints(n), counts.varints(n)
        self.event_codes, self.event_times, self.event_shapes = codes, times, event_shapes
        sizes = [(values.varint(), values.varint()) for _ in range(values.varint())]
        self.codes = {key: Reader(values.take(size)) for key, size in sizes}
        inline = Reader(entry['streams'][3])
        self.inline = {}
        for _ in range(inline.varint()):
            key = inline.varint()
            self.inline[key] = iter(inline.byte_list())
        self.raw_events, self.raw_spans, self.rests = (iter(inline.byte_list()) for _ in range(3))

    @staticmethod
    def sections(data, count):
        reader = Reader(data)
        return [Reader(reader.take(size)) for size in reader.words(count)]

    def read(self, tenant):
        row = 0
        starts, resources = [], set()
        for trace_id, _, first, rows, oldest, newest_end, errors, root, spread, resource, name in self.pieces:
            assert first == row
            start = self.entry['oldest']
            ends, failed, roots, kept = [], 0, [], False
            for i in range(rows):
                start += self.start[row]
                starts.append(start)
                ends.append(start + self.duration[row] & (1 << 64) - 1)
                kept = kept or self.flags[row] & 1 != 0
                if self.parent[row] == 0 and not self.flags[row] & 1:
                    roots.append(i)
                resources.add(self.resource[row])
                failed += is_error(self.status[row], self.emit(tenant, trace_id, row, start))
                row += 1
            assert oldest == starts[first] and newest_end == max(ends) and spread == starts[-1] - starts[first]
            assert errors == failed or kept and errors > failed
            assert not roots or root <= roots[0]
            sole = roots[:1] == [0] and (rows == 1 or starts[first] < starts[first + 1])
            if sole or not kept:
                assert (resource, name) == ((self.resource[first], self.name[first]) if sole else (NONE, NONE))
        assert (min(starts), max(starts)) == (self.entry['oldest'], self.entry['newest'])
        assert max(self.duration) == self.entry['longest'] and sorted(resources) == self.entry['resources']
        assert all(next(rest, None) is None for rest in (self.raw_events, self.raw_spans, self.rests, *self.inline.values()))
        return self.n

    def emit(self, tenant, trace_id, row, start):
        self.segment.counts[self.resource[row]] += 1
        resource, schema = self.segment.resources[3 * self.resource[row]:3 * self.resource[row] + 2]
        scope, scope_schema = self.segment.scopes[2 * self.scope[row]:2 * self.scope[row] + 2]
        span = self.span(trace_id, row, start)
        emit(tenant, resource, schema, scope, scope_schema, span)
        return span

    def span(self, trace_id, row, start):
        flags = self.flags[row]
        if flags & 1:
            assert self.event_counts[row] == 0 and self.segment.shapes[self.row_shapes[row]] == []
            return next(self.raw_spans)
        span = field(1, trace_id) + field(2, self.ids[row])
        parent = self.parent[row]
        if parent == 1:
            span += field(4, self.parent_ids[row])
        elif parent > 1:
            span += field(4, self.ids[row - unzigzag(parent - 2)])
        span += field(5, self.segment.names[self.name[row]]) + varint(6 << 3) + varint(self.kind[row])
        span += b'\x39' + struct.pack('<Q', start) + b'\x41' + struct.pack('<Q', start + self.duration[row])
        span += self.attributes(self.row_shapes[row], 9) + self.events(row, start)
        if not flags & 4 and self.status[row]:
            span += field(15, varint(3 << 3) + varint(self.status[row]))
        return span + (next(self.rests) if flags & 2 else b'')

    def events(self, row, start):
        out = b''
        time = None
        for _ in range(self.event_counts[row]):
            code = self.event_codes.varint()
            if code == 0:
                out += field(11, next(self.raw_events))
                continue
            step = self.event_times.varint()
            time = step if time is None else time + unzigzag(step)
            event = b'\x09' + struct.pack('<Q', start + time) + field(2, self.segment.event_names[code - 1])
            out += field(11, event + self.attributes(self.event_shapes.varint(), 3))
        return out

    def attributes(self, shape, number):
        return b''.join(field(number, self.key_value(key)) for key in self.segment.shapes[shape])

    def key_value(self, key):
        code = self.codes[key].varint()
        value = self.segment.dictionary[self.segment.first_entry[key] + code - 1] if code else next(self.inline[key])
        return value if key == 0 else field(1, self.segment.keys[key - 1]) + field(2, value)


# Rollups

class Rollup(Container):
    marks = (b'SPOORROL', b'SPOORRND')

    def load(self):
        self.meta = json.loads(self.parts[1, 0])
        self.texts = [text.decode() for text in Reader(self.parts[2, 0]).byte_list()]
        cells = Reader(self.parts[3, 0])
        count = cells.u32()
        self.cells = list(zip(*[cells.words(count) for _ in range(6)]))

    def text(self, reader):
        return self.texts[reader.varint()]

    def read(self):
        for tenant, hour, sum_page, sum_at, minute_page, minute_at in self.cells:
            assert self.meta['minHour'] <= hour <= self.meta['maxHour']
            sums = Reader(self.parts[4, sum_page], sum_at)
            minutes = Reader(self.parts[5, minute_page], minute_at)
            operations = []
            for _ in range(sums.varint()):
                service, name, kind = self.text(sums), self.text(sums), sums.varint()
                spans, errors = sums.varint(), sums.varint()
                own = [self.minute(minutes, hour) for _ in range(minutes.varint())]
                assert sum(minute['count'] for minute in own) == spans
                assert sum(minute['errors'] for minute in own) == errors
                operations.append({'service': service, 'name': name, 'kind': kind, 'minutes': own})
            links = []
            for _ in range(sums.varint()):
                parent, child = self.text(sums), self.text(sums)
                calls, errors = unzigzag(sums.varint()), unzigzag(sums.varint())
                links.append({'parent': parent, 'child': child, 'calls': calls, 'errors': errors})
            print(json.dumps({'tenant': self.texts[tenant], 'hour': hour, 'operations': operations, 'links': links}))

    def minute(self, reader, hour):
        minute, spans, errors, bucket = hour * 60 + reader.varint(), reader.varint(), reader.varint(), 0
        durations = []
        for _ in range(reader.varint()):
            bucket += reader.varint()
            durations += [bucket, reader.varint()]
        assert sum(durations[1::2]) == spans
        return {'minute': minute, 'count': spans, 'errors': errors, 'durations': durations}


LISTS = (
    ('segments', 'add', 'remove'),
    ('rollups', 'addRollups', 'removeRollups'),
    ('tombstones', 'addTombstones', 'removeTombstones'),
)


def read_manifest(folder):
    """The whole, then its edits; the last pair of lines may be half-written."""
    with open(os.path.join(folder, 'MANIFEST'), encoding='utf-8') as file:
        lines = file.read().split('\n')
    pairs = [(text, '%x' % zlib.crc32(text.encode()) == crc) for text, crc in zip(lines[::2], lines[1::2])]
    changes = [json.loads(text) for text, sound in pairs if sound]
    assert pairs[0][1] and len(changes) >= len(pairs) - 1, 'MANIFEST'
    manifest = {'segments': [], 'rollups': [], 'tombstones': [], **changes[0]}
    assert manifest['format'] in (1, 2)
    for edit in changes[1:]:
        for name, add, remove in LISTS:
            gone = edit.get(remove, [])
            manifest[name] = [entry for entry in manifest[name] if entry['id'] not in gone] + edit.get(add, [])
        manifest['nextHead'] = max(manifest['nextHead'], edit.get('nextHead', 0))
    return manifest


def rollups(folder):
    for entry in read_manifest(folder)['rollups']:
        rollup = Rollup(os.path.join(folder, 'rollups', entry['file']))
        assert all(entry[name] == value for name, value in rollup.meta.items())
        rollup.read()


def main(folder):
    manifest = read_manifest(folder)
    for entry in manifest['segments']:
        segment = Segment(os.path.join(folder, 'segments', entry['file']))
        assert all(entry[name] == value for name, value in segment.meta.items())
        tombstones[:] = [one for one in manifest['tombstones'] if entry['id'] < one['beforeSegment']]
        segment.read()
    chains = {}
    for name in os.listdir(os.path.join(folder, 'spool')):
        if name.endswith('.spool') and int(name[:12], 16) >= manifest['nextHead']:
            chains.setdefault(name[:12], []).append(os.path.join(folder, 'spool', name))
    for head, paths in sorted(chains.items()):
        read_chain(int(head, 16), paths, manifest)


if __name__ == '__main__':
    (rollups if sys.argv[2:] == ['rollups'] else main)(sys.argv[1])
