/**
 * A server that never answers a new connection: it listens, its queue is full, and nobody takes from it, so the kernel
 * drops every further SYN, as a host behind a closed firewall seems from afar.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { toolPath } from './tools.ts';

const SCRIPT = `
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
waiting = [socket.create_connection(server.getsockname())]
for _ in range(8):
    more = socket.socket()
    more.setblocking(False)
    more.connect_ex(server.getsockname())
    waiting.append(more)
print(server.getsockname()[1], flush=True)
sys.stdin.read()
`;

export async function startDeafServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawn(toolPath('python'), ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    port: Number(String(line)),
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
