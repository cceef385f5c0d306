export function costlyConnections(): [] {
  return [];
}
