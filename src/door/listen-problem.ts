/** Why a port of the lab cannot be opened: one line that says what to do. */
export function listenProblem(error: NodeJS.ErrnoException, host: string, port: number, flag: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} is in use: stop the program that uses it or choose another one with ${flag}`;
    case 'EACCES':
      return `port ${port} needs root: choose one above 1023 with ${flag}`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host}: check --host`;
    case 'EAFNOSUPPORT':
      return `this machine has no IPv6, which ${host} needs: start with --host 0.0.0.0`;
    default:
      return `cannot listen on ${host}:${port}: ${error.message}`;
  }
}
