/**
 * A gRPC service that returns what it was sent, and grpc-js calling it through the lab's proxy. grpc-js takes its
 * proxy from the environment only, when a channel is made: it is set for that moment and put back.
 */
import { readFile } from 'node:fs/promises';
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { type Answer, type Lab, proxyUrl } from './client.ts';

const same = (bytes: Buffer): Buffer => bytes;

const echo: MethodDefinition<Buffer, Buffer> = {
  path: '/lab.Echo/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

export interface GrpcServer {
  port: number;
  received: Buffer[];
  stop(): void;
}

export async function startGrpc(tls: { certPem: string; keyPem: string } | null): Promise<GrpcServer> {
  const received: Buffer[] = [];
  const server = new Server();
  server.addService(
    { Echo: echo },
    {
      Echo(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
        received.push(call.request);
        done(null, call.request);
      },
    },
  );
  const secured = tls
    ? ServerCredentials.createSsl(null, [
        { cert_chain: Buffer.from(tls.certPem), private_key: Buffer.from(tls.keyPem) },
      ])
    : ServerCredentials.createInsecure();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', secured, (error, port) => (error ? reject(error) : resolve(port)));
  return { port: await promise, received, stop: () => server.forceShutdown() };
}

/** `target` is host:port; `body` the message's bytes, protobuf or not. */
export async function callGrpc(
  lab: Lab,
  target: string,
  body: Buffer,
  given: { tls: boolean; headers?: [string, string][] },
): Promise<Answer> {
  const ca = lab.caFile ? await readFile(lab.caFile) : null;
  const before = process.env.grpc_proxy;
  process.env.grpc_proxy = proxyUrl(lab);
  const client = new Client(target, given.tls ? credentials.createSsl(ca) : credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of given.headers ?? []) metadata.add(name, value);
  try {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    client.makeUnaryRequest(
      echo.path,
      same,
      same,
      body,
      metadata,
      { deadline: Date.now() + 100_000 },
      (error, answer) =>
        resolve({
          ok: !error,
          status: error?.code ?? 0,
          body: answer ?? Buffer.alloc(0),
          stderr: error?.details ?? '',
        }),
    );
    return await promise;
  } finally {
    client.close();
    if (before === undefined) delete process.env.grpc_proxy;
    else process.env.grpc_proxy = before;
  }
}
