// Protobuf file descriptors from short tables, for what we serve through a library at run time (health, reflection) or
// describe to tools (OTLP). Off the hot path: descriptors are built once a server.

import { create, createFileRegistry, type FileRegistry } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'

/**
 * A field as `NUMBER TYPE NAME`, `NUMBER TYPE NAME ONEOF` or with `TYPE[]` for repeated ones. TYPE is a scalar's name, or a
 * full name with a leading dot; `.enum:` before one says that it names an enum.
 */
export type FieldText = string

export interface MessageTable {
  readonly fields: readonly FieldText[]
  readonly messages?: Readonly<Record<string, MessageTable>>
  readonly enums?: Readonly<Record<string, readonly string[]>>
}

/** `stream` marks which side streams. */
export interface MethodTable {
  readonly input: string
  readonly output: string
  readonly stream?: 'server' | 'both'
}

export interface FileTable {
  readonly path: string
  readonly package: string
  readonly imports?: readonly string[]
  readonly messages?: Readonly<Record<string, MessageTable>>
  /** Values by number, from 0. */
  readonly enums?: Readonly<Record<string, readonly string[]>>
  readonly services?: Readonly<Record<string, Readonly<Record<string, MethodTable>>>>
}

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  double: FieldDescriptorProto_Type.DOUBLE,
  int64: FieldDescriptorProto_Type.INT64,
  int32: FieldDescriptorProto_Type.INT32,
  uint32: FieldDescriptorProto_Type.UINT32,
  fixed64: FieldDescriptorProto_Type.FIXED64,
  fixed32: FieldDescriptorProto_Type.FIXED32,
  bool: FieldDescriptorProto_Type.BOOL,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
}

export function fileDescriptor(table: FileTable): FileDescriptorProto {
  const services = Object.entries(table.services ?? {})
  return create(FileDescriptorProtoSchema, {
    name: table.path,
    package: table.package,
    syntax: 'proto3',
    dependency: [...(table.imports ?? [])],
    messageType: Object.entries(table.messages ?? {}).map(([name, message]) => messageDescriptor(name, message)),
    enumType: enumDescriptors(table.enums),
    service: services.map(([name, methods]) => serviceDescriptor(name, methods)),
  })
}

/** All files together; imports must come before their users. */
export function fileRegistry(files: readonly FileDescriptorProto[]): FileRegistry {
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [...files] }))
}

function serviceDescriptor(
  name: string,
  methods: Readonly<Record<string, MethodTable>>,
): ReturnType<typeof create<typeof ServiceDescriptorProtoSchema>> {
  const method = Object.entries(methods).map(([methodName, { input, output, stream }]) =>
    create(MethodDescriptorProtoSchema, {
      name: methodName,
      inputType: input,
      outputType: output,
      clientStreaming: stream === 'both',
      serverStreaming: stream !== undefined,
    }),
  )
  return create(ServiceDescriptorProtoSchema, { name, method })
}

function messageDescriptor(name: string, table: MessageTable): DescriptorProto {
  const oneofs: string[] = []
  const field = table.fields.map((text) => fieldDescriptor(text, oneofs))
  return create(DescriptorProtoSchema, {
    name,
    field,
    nestedType: Object.entries(table.messages ?? {}).map(([nested, inner]) => messageDescriptor(nested, inner)),
    enumType: enumDescriptors(table.enums),
    oneofDecl: oneofs.map((oneof) => create(OneofDescriptorProtoSchema, { name: oneof })),
  })
}

function fieldDescriptor(text: FieldText, oneofs: string[]): FieldDescriptorProto {
  const [number = '', typeText = '', name = '', oneof] = text.split(' ')
  const repeated = typeText.endsWith('[]')
  const type = repeated ? typeText.slice(0, -2) : typeText
  const isEnum = type.startsWith('.enum:')
  const scalar = SCALARS[type]
  if (oneof !== undefined && !oneofs.includes(oneof)) oneofs.push(oneof)
  const composite = isEnum ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE
  return create(FieldDescriptorProtoSchema, {
    name,
    number: Number(number),
    label: repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    type: scalar ?? composite,
    ...(scalar === undefined ? { typeName: isEnum ? `.${type.slice('.enum:'.length)}` : type } : {}),
    ...(oneof === undefined ? {} : { oneofIndex: oneofs.indexOf(oneof) }),
  })
}

function enumDescriptors(
  enums: Readonly<Record<string, readonly string[]>> | undefined,
): ReturnType<typeof create<typeof EnumDescriptorProtoSchema>>[] {
  return Object.entries(enums ?? {}).map(([name, values]) =>
    create(EnumDescriptorProtoSchema, {
      name,
      value: values.map((value, number) => create(EnumValueDescriptorProtoSchema, { name: value, number })),
    }),
  )
}
