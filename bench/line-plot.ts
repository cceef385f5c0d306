/** Lines over one axis, each in a panel of its own from zero to its largest value, as SVG. */

export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

const [WIDTH, LEFT, RIGHT, PANEL, GAP, TOP] = [760, 60, 20, 110, 34, 56];

export function plot(title: string, unit: string, series: readonly Series[]): string {
  const most = Math.max(...series.flatMap(({ points }) => points.map(([x]) => x)));
  const across = (x: number): string => (LEFT + (x / most) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const panels = series.map(({ name, points }, index) => {
    const top = TOP + index * (PANEL + GAP);
    const highest = Math.max(1, ...points.map(([, y]) => y));
    const line = points.map(([x, y]) => `${across(x)},${(top + PANEL - (y / highest) * PANEL).toFixed(1)}`).join(' ');
    return `<text x="${LEFT}" y="${top - 8}">${name}</text>
<path d="M${LEFT} ${top}V${top + PANEL}H${WIDTH - RIGHT}" fill="none" stroke="#8a949e"/>
<text x="${LEFT - 8}" y="${top + 10}" text-anchor="end">${highest.toFixed(0)}</text><text x="${LEFT - 8}" y="${top + PANEL}" text-anchor="end">0</text>
<polyline points="${line}" fill="none" stroke="#0b6e4f" stroke-width="1.5"/>`;
  });
  const height = TOP + series.length * (PANEL + GAP);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img" aria-label="${title}">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="16" y="24" font-size="16" font-weight="bold">${title}</text>
${panels.join('\n')}
<text x="${WIDTH - RIGHT}" y="${height - 10}" text-anchor="end">${most.toFixed(0)} ${unit}</text>
</svg>
`;
}
