/** Where the lab's thread begins: what must be so before anything of it is loaded. */
const http = process.getBuiltinModule('node:http');

// As a module, node:http gives out these too, and to have them Node would load its 800 KB fetch library (bin/phonehome.mjs).
for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) Object.defineProperty(http, name, { value: undefined });
await import('./lab-worker.ts');
