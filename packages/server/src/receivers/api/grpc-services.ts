// What every gRPC server serves beside its own methods, by a kept library (connect) on the same connections: health
// (github.com/grpc/grpc/blob/master/doc/health-checking.md) and server reflection (…/doc/server-reflection.md), so that
// probes and grpcurl work. Must never see span data.

import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { toBinary, type DescFile, type DescService, type FileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createConnectRouter, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node'
import { fileDescriptor, fileRegistry, type FileTable } from './proto-files.ts'

export interface GrpcServices {
  serves(path: string): boolean
  handle(request: Http2ServerRequest, response: Http2ServerResponse): void
  /** Tells watchers of health that this server is going, and ends their streams. */
  stop(): void
}

const HEALTH_SERVICE = 'grpc.health.v1.Health'
const SERVING = 1
const NOT_SERVING = 2
const SERVICE_UNKNOWN = 3
/** Requests to these services are tiny. */
const MAX_REQUEST_BYTES = 64 * 1024

const HEALTH_FILE: FileTable = {
  path: 'grpc/health/v1/health.proto',
  package: 'grpc.health.v1',
  messages: {
    HealthCheckRequest: { fields: ['1 string service'] },
    HealthCheckResponse: {
      fields: ['1 .enum:grpc.health.v1.HealthCheckResponse.ServingStatus status'],
      enums: { ServingStatus: ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] },
    },
  },
  services: {
    Health: {
      Check: { input: '.grpc.health.v1.HealthCheckRequest', output: '.grpc.health.v1.HealthCheckResponse' },
      Watch: {
        input: '.grpc.health.v1.HealthCheckRequest',
        output: '.grpc.health.v1.HealthCheckResponse',
        stream: 'server',
      },
    },
  },
}

function reflectionFile(version: 'v1' | 'v1alpha'): FileTable {
  const pkg = `grpc.reflection.${version}`
  return {
    path: `grpc/reflection/${version}/reflection.proto`,
    package: pkg,
    messages: {
      ServerReflectionRequest: {
        fields: [
          '1 string host',
          '3 string file_by_filename message_request',
          '4 string file_containing_symbol message_request',
          `5 .${pkg}.ExtensionRequest file_containing_extension message_request`,
          '6 string all_extension_numbers_of_type message_request',
          '7 string list_services message_request',
        ],
      },
      ExtensionRequest: { fields: ['1 string containing_type', '2 int32 extension_number'] },
      ServerReflectionResponse: {
        fields: [
          '1 string valid_host',
          `2 .${pkg}.ServerReflectionRequest original_request`,
          `4 .${pkg}.FileDescriptorResponse file_descriptor_response message_response`,
          `5 .${pkg}.ExtensionNumberResponse all_extension_numbers_response message_response`,
          `6 .${pkg}.ListServiceResponse list_services_response message_response`,
          `7 .${pkg}.ErrorResponse error_response message_response`,
        ],
      },
      FileDescriptorResponse: { fields: ['1 bytes[] file_descriptor_proto'] },
      ExtensionNumberResponse: { fields: ['1 string base_type_name', '2 int32[] extension_number'] },
      ListServiceResponse: { fields: [`1 .${pkg}.ServiceResponse[] service`] },
      ServiceResponse: { fields: ['1 string name'] },
      ErrorResponse: { fields: ['1 int32 error_code', '2 string error_message'] },
    },
    services: {
      ServerReflection: {
        ServerReflectionInfo: {
          input: `.${pkg}.ServerReflectionRequest`,
          output: `.${pkg}.ServerReflectionResponse`,
          stream: 'both',
        },
      },
    },
  }
}

/** `paths`: the unary methods answered elsewhere, whose services are healthy too. `files` describes them, imports first. */
export function createGrpcServices(paths: readonly string[], files: readonly FileTable[]): GrpcServices {
  const tables = [HEALTH_FILE, reflectionFile('v1'), reflectionFile('v1alpha'), ...files]
  const registry = fileRegistry(tables.map(fileDescriptor))
  const served = new Set(paths.map((path) => path.split('/')[1] ?? ''))
  served.add(HEALTH_SERVICE)
  const stopping = new AbortController()
  const router = createConnectRouter({
    grpc: true,
    grpcWeb: false,
    connect: false,
    readMaxBytes: MAX_REQUEST_BYTES,
    acceptCompression: [compressionGzip],
  })
  const add = (name: string, implementation: Implementation): void => {
    router.service(serviceOf(registry, name), implementation as Partial<ServiceImpl<DescService>>)
  }
  add(HEALTH_SERVICE, healthImplementation(served, stopping.signal))
  for (const version of ['v1', 'v1alpha']) {
    const name = `grpc.reflection.${version}.ServerReflection`
    served.add(name)
    add(name, reflectionImplementation(registry, served))
  }
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]))
  return {
    serves: (path) => handlers.has(path),
    handle(request, response): void {
      request.on('error', () => {}) // the client left: its stream's close ends the call
      response.on('error', () => {})
      const handler = handlers.get(request.url)
      if (handler === undefined) return
      const call = universalRequestFromNodeRequest(request, response, undefined, undefined)
      handler(call)
        .then((answer) => universalResponseToNodeResponse(answer, response))
        .catch(() => request.stream.close()) // the client went away in the middle
    },
    stop: () => stopping.abort(),
  }
}

function serviceOf(registry: FileRegistry, name: string): NonNullable<ReturnType<FileRegistry['getService']>> {
  const service = registry.getService(name)
  if (service === undefined) throw new Error(`no descriptor of ${name}`)
  return service
}

/** Descriptors are made at run time, so messages are known by shape alone. */
type Implementation = Readonly<Record<string, unknown>>

interface HealthRequest {
  readonly service: string
}

interface HealthResponse {
  readonly status: number
}

function healthImplementation(served: ReadonlySet<string>, stopping: AbortSignal): Implementation {
  const statusOf = (service: string): number => {
    if (service !== '' && !served.has(service)) return SERVICE_UNKNOWN
    return stopping.aborted ? NOT_SERVING : SERVING
  }
  return {
    check(request: unknown): HealthResponse {
      const { service } = request as HealthRequest
      const status = statusOf(service)
      if (status === SERVICE_UNKNOWN) throw new ConnectError(`unknown service ${service}`, Code.NotFound)
      return { status }
    },
    async *watch(request: unknown, context: HandlerContext): AsyncGenerator<HealthResponse> {
      const { service } = request as HealthRequest
      yield { status: statusOf(service) }
      await aborted(AbortSignal.any([stopping, context.signal]))
      if (!context.signal.aborted) yield { status: statusOf(service) }
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

interface ReflectionRequest {
  readonly host: string
  readonly messageRequest: { readonly case?: string; readonly value?: unknown }
}

function reflectionImplementation(registry: FileRegistry, served: ReadonlySet<string>): Implementation {
  return {
    async *serverReflectionInfo(requests: AsyncIterable<unknown>): AsyncGenerator<object> {
      for await (const each of requests) {
        const request = each as ReflectionRequest
        const messageResponse = reflect(request.messageRequest, registry, served)
        yield { validHost: request.host, originalRequest: request, messageResponse }
      }
    },
  }
}

function reflect(
  { case: question, value }: ReflectionRequest['messageRequest'],
  registry: FileRegistry,
  served: ReadonlySet<string>,
): { readonly case: string; readonly value: object } {
  const asked = typeof value === 'string' ? value : ''
  switch (question) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: [...served].sort().map((name) => ({ name })) } }
    case 'fileByFilename':
      return fileAnswer(registry.getFile(asked.replace(/\.proto$/, '')) ?? registry.getFile(asked), asked)
    case 'fileContainingSymbol':
      return fileAnswer(fileOfSymbol(registry, asked), asked)
    case 'allExtensionNumbersOfType':
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked, extensionNumber: [] } }
    default:
      return { case: 'errorResponse', value: { errorCode: Code.NotFound, errorMessage: 'not found' } }
  }
}

/** The file that declares a message, enum or service, or a method (`package.Service.Method`) or field of one. */
function fileOfSymbol(registry: FileRegistry, symbol: string): DescFile | undefined {
  const found = registry.get(symbol)
  if (found !== undefined) return found.file
  const dot = symbol.lastIndexOf('.')
  return dot < 0 ? undefined : registry.get(symbol.slice(0, dot))?.file
}

/** The file and all it imports, as clients expect them. */
function fileAnswer(file: DescFile | undefined, asked: string): { readonly case: string; readonly value: object } {
  if (file === undefined) {
    return { case: 'errorResponse', value: { errorCode: Code.NotFound, errorMessage: `${asked} not found` } }
  }
  const protos = new Map<string, FileDescriptorProto>()
  const collect = (each: DescFile): void => {
    if (protos.has(each.proto.name)) return
    protos.set(each.proto.name, each.proto)
    each.dependencies.forEach(collect)
  }
  collect(file)
  const fileDescriptorProto = [...protos.values()].map((proto) => toBinary(FileDescriptorProtoSchema, proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}
