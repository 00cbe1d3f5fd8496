// The one list of Spoor's metric names. Names that start with jaeger_ are Jaeger's own, with Jaeger's meaning, so that its
// dashboards and alerts go on working; the others are Spoor's. Counters end in _total, units come last, base units only.

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** Upper bounds of every latency histogram. */
export const LATENCY_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

export const METRICS = {
  // The way in.
  jaeger_collector_spans_received_total: {
    type: 'counter',
    help: 'Spans received, by service, format and transport',
    labels: ['svc', 'format', 'transport'],
  },
  jaeger_collector_spans_saved_by_svc_total: {
    type: 'counter',
    help: 'Spans stored (result ok) or not (result err), by service',
    labels: ['svc', 'result'],
  },
  spoor_spans_stored_total: {
    type: 'counter',
    help: 'Spans acknowledged by the store, by receiver',
    labels: ['receiver'],
  },
  spoor_spans_refused_total: {
    type: 'counter',
    help: 'Spans refused, by receiver and reason',
    labels: ['receiver', 'reason'],
  },
  spoor_requests_total: {
    type: 'counter',
    help: 'Requests to receivers, by receiver and outcome (ok or the reason of refusal)',
    labels: ['receiver', 'code'],
  },
  spoor_request_bytes_total: {
    type: 'counter',
    help: 'Bytes of request bodies as received, by receiver',
    labels: ['receiver'],
  },
  spoor_ingest_in_flight_spans: {
    type: 'gauge',
    help: 'Spans handed to the store and not yet acknowledged',
    labels: [],
  },
  spoor_body_budget_used_bytes: {
    type: 'gauge',
    help: 'Bytes of request bodies held in memory now',
    labels: [],
  },
  spoor_ingest_ack_seconds: {
    type: 'histogram',
    help: 'Time from a decoded batch to its acknowledgement',
    labels: ['receiver'],
  },
  // Datagrams: received = decoded + bad (spoor_requests_total) + dropped + queued.
  spoor_udp_packets_received_total: {
    type: 'counter',
    help: 'Packets read from UDP sockets, by receiver',
    labels: ['receiver'],
  },
  spoor_udp_packets_dropped_total: {
    type: 'counter',
    help: 'Packets dropped before decoding, by receiver and reason (queue_full, too_large, empty, stopping)',
    labels: ['receiver', 'reason'],
  },
  spoor_udp_kernel_dropped_packets_total: {
    type: 'counter',
    help: 'Packets that the kernel dropped because a UDP socket buffer was full, by receiver (Linux)',
    labels: ['receiver'],
  },
  spoor_udp_socket_buffer_bytes: {
    type: 'gauge',
    help: 'Bytes of socket buffer that the kernel granted, by receiver',
    labels: ['receiver'],
  },
  jaeger_agent_thrift_udp_server_packets_processed_total: {
    type: 'counter',
    help: 'UDP packets queued for decoding',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_thrift_udp_server_packets_dropped_total: {
    type: 'counter',
    help: 'UDP packets dropped because the queue was full',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_thrift_udp_server_packet_size: {
    type: 'gauge',
    help: 'Bytes of the last UDP packet',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_thrift_udp_server_queue_size: {
    type: 'gauge',
    help: 'UDP packets that wait to be decoded',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_thrift_udp_server_read_errors_total: {
    type: 'counter',
    help: 'Errors of UDP sockets',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_thrift_udp_t_processor_handler_errors_total: {
    type: 'counter',
    help: 'UDP packets that could not be decoded',
    labels: ['model', 'protocol'],
  },
  jaeger_agent_client_stats_batches_received_total: {
    type: 'counter',
    help: 'Batches received from clients that number them',
    labels: [],
  },
  jaeger_agent_client_stats_batches_sent_total: {
    type: 'counter',
    help: 'Batches that those clients sent, by their own count; more than received means that batches were lost on the way',
    labels: [],
  },
  jaeger_agent_client_stats_connected_clients: {
    type: 'gauge',
    help: 'Clients heard of within the last hour',
    labels: [],
  },
  jaeger_agent_client_stats_spans_dropped_total: {
    type: 'counter',
    help: 'Spans that clients say they dropped, by cause (full-queue, too-large, send-failure)',
    labels: ['cause'],
  },
  // Sampling.
  spoor_sampling_reload_failures_total: {
    type: 'counter',
    help: 'Times that the file of sampling strategies could not be read again or was refused; the strategies stay',
    labels: [],
  },
  jaeger_agent_http_server_requests_total: {
    type: 'counter',
    help: 'Good answers of port 5778, by type (sampling, sampling-legacy, baggage)',
    labels: ['type'],
  },
  jaeger_agent_http_server_errors_total: {
    type: 'counter',
    help: 'Bad answers of port 5778, by source and status',
    labels: ['source', 'status'],
  },
  jaeger_collector_http_server_requests_total: {
    type: 'counter',
    help: 'Good answers about sampling on port 14268, by type (sampling, sampling-legacy, baggage)',
    labels: ['type'],
  },
  jaeger_collector_http_server_errors_total: {
    type: 'counter',
    help: 'Bad answers about sampling on port 14268, by source and status',
    labels: ['source', 'status'],
  },
  // The embedded store.
  spoor_spool_failures_total: {
    type: 'counter',
    help: 'Writes and syncs of the spool that failed, by operation (write, sync)',
    labels: ['operation'],
  },
  spoor_spool_degraded: {
    type: 'gauge',
    help: '1 while what the spool wrote could not be made durable',
    labels: [],
  },
  spoor_spool_replayed_spans_total: {
    type: 'counter',
    help: 'Spans read back from the spool at the start',
    labels: [],
  },
  spoor_spool_damaged_records_total: {
    type: 'counter',
    help: 'Damaged stretches of the spool that were set aside at the start',
    labels: [],
  },
  spoor_store_head_spans: {
    type: 'gauge',
    help: 'Spans in memory that are not sealed yet',
    labels: [],
  },
  spoor_store_head_bytes: {
    type: 'gauge',
    help: 'Bytes of the batches in memory that are not sealed yet (as many as the spool has)',
    labels: [],
  },
  spoor_store_segments: {
    type: 'gauge',
    help: 'Sealed segments',
    labels: [],
  },
  spoor_store_segment_bytes: {
    type: 'gauge',
    help: 'Bytes of the sealed segments',
    labels: [],
  },
  spoor_store_damaged_segments_total: {
    type: 'counter',
    help: 'Segments set aside because a part of them is missing or damaged',
    labels: [],
  },
  spoor_store_cache_hits: {
    type: 'gauge',
    help: 'Parts of segments that searches found in memory, since the start',
    labels: [],
  },
  spoor_store_cache_misses: {
    type: 'gauge',
    help: 'Parts of segments that searches had to read, since the start',
    labels: [],
  },
  spoor_store_rollup_bytes: {
    type: 'gauge',
    help: 'Bytes of the files of counts',
    labels: [],
  },
  spoor_store_oldest_start_seconds: {
    type: 'gauge',
    help: 'Start of the oldest span, Unix time; absent where there is none',
    labels: [],
  },
  spoor_store_service_spans: {
    type: 'gauge',
    help: 'Spans stored, by service; up to a minute old',
    labels: ['service'],
  },
  spoor_store_service_bytes: {
    type: 'gauge',
    help: 'Bytes of segments and spool, by service, shared out by the size of the spans; up to a minute old',
    labels: ['service'],
  },
  spoor_probe_ack_seconds: {
    type: 'histogram',
    help: 'Time from a probe to the acknowledgement of its span',
    labels: [],
  },
  spoor_probe_searchable_seconds: {
    type: 'histogram',
    help: 'Time from the acknowledgement of a probe until a search and a read found its span',
    labels: [],
  },
  spoor_probes_total: {
    type: 'counter',
    help: 'Spans that the server wrote to itself and looked for, by result (found, refused, lost)',
    labels: ['result'],
  },
  spoor_store_seal_seconds: {
    type: 'histogram',
    help: 'Time to seal a head into a segment',
    labels: [],
  },
  spoor_store_seal_failures_total: {
    type: 'counter',
    help: 'Attempts to seal a head that failed (each is tried again)',
    labels: [],
  },
  spoor_store_sealed_spans_total: {
    type: 'counter',
    help: 'Spans sealed into segments',
    labels: [],
  },
  spoor_store_sealed_bytes_total: {
    type: 'counter',
    help: 'Bytes of sealed segments written',
    labels: [],
  },
  spoor_store_duplicate_spans_total: {
    type: 'counter',
    help: 'Spans that were there already and are not kept twice, by where that was found (request, seal, rewrite)',
    labels: ['found'],
  },
  spoor_store_rewritten_segments_total: {
    type: 'counter',
    help: 'Segments that were replaced, by reason (merge, deletion, rules)',
    labels: ['reason'],
  },
  spoor_store_rewritten_bytes_total: {
    type: 'counter',
    help: 'Bytes of segments written to replace others, by reason',
    labels: ['reason'],
  },
  spoor_store_deleted_spans_total: {
    type: 'counter',
    help: 'Spans that left the disk for good, by reason (age, bytes, space, rules, deletion)',
    labels: ['reason'],
  },
  spoor_store_deleted_bytes_total: {
    type: 'counter',
    help: 'Bytes of segments that left the disk for good, by reason',
    labels: ['reason'],
  },
  spoor_store_upkeep_failures_total: {
    type: 'counter',
    help: 'Attempts to compact, or to let data go, that failed (each is tried again)',
    labels: [],
  },
  spoor_store_rollup_overflow_total: {
    type: 'counter',
    help: 'Operations counted under no name, and links left out, because an hour has too many, by what',
    labels: ['what'],
  },
  spoor_store_damaged_rollups_total: {
    type: 'counter',
    help: 'Rollup files found damaged and set aside',
    labels: [],
  },
  spoor_store_upkeep_debt: {
    type: 'gauge',
    help: 'Compaction debt: segments that wait to be put together, and deletions that are not carried out on disk yet',
    labels: [],
  },
  spoor_store_tombstones: {
    type: 'gauge',
    help: 'Deletions that readers obey and that are not carried out on disk yet',
    labels: [],
  },
  spoor_store_oldest_arrival_seconds: {
    type: 'gauge',
    help: 'Unix time at which the oldest span in a segment arrived; the time now where there is none',
    labels: [],
  },
  spoor_store_disk_free_bytes: {
    type: 'gauge',
    help: 'Bytes that can still be written to the disk of the store',
    labels: [],
  },
  spoor_store_cache_bytes: {
    type: 'gauge',
    help: 'Bytes of decoded segment parts held in memory',
    labels: [],
  },
  // The query side.
  jaeger_query_requests_total: {
    type: 'counter',
    help: 'Queries, by operation and result',
    labels: ['operation', 'result'],
  },
  jaeger_query_latency_seconds: {
    type: 'histogram',
    help: 'Time to answer a query',
    labels: ['operation', 'result'],
  },
  // The process.
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'User and system CPU time of the whole process in seconds',
    labels: [],
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Resident memory of the process in bytes',
    labels: [],
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'Unix time at which the process started',
    labels: [],
  },
  jaeger_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say what runs',
    labels: ['build_date', 'revision', 'version'],
  },
} as const

export type MetricName = keyof typeof METRICS
