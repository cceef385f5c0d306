/** The figures of a hub as a page. */
import type { Queries } from './queries.ts';
import type { Relay } from './relay.ts';
import type { Burst, Live, Week } from './stream.ts';

export interface HubResults {
  date: string;
  command: string;
  version: string;
  machine: {
    cpu: string;
    cores: number;
    kernel: string;
    node: string;
    memoryGb: number;
    nats: string;
    postgres: string;
    loadBefore: number;
    loadAfter: number;
  };
  bursts: Burst[];
  live?: Live;
  week?: Week;
  queries?: Queries;
  manyLines?: Queries;
  relay?: Relay;
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const cpuTable = (cpu: Burst['cpu']): string =>
  table(
    ['process', 'CPU s', 'of one core'],
    Object.entries(cpu).map(([name, { seconds, share }]) => [name, number(seconds, 1), `${number(share * 100)} %`]),
  );

const askedTable = ({ asked }: Queries): string =>
  table(
    ['asked', 'p50 ms', 'p95 ms', 'worst ms'],
    asked.map(({ path, p50, p95, worst }) => [`\`${path}\``, number(p50, 1), number(p95, 1), number(worst, 1)]),
  );

const planText = ({ plan }: Queries): string => ['```', ...plan, '```'].join('\n');

export function toMarkdown(results: HubResults): string {
  const { date, command, version, machine, bursts, live, week, queries, manyLines, relay } = results;
  const parts = [
    `# What a hub carries, ${date}`,
    `\`${command}\`, version ${version}: nats-server ${machine.nats}, PostgreSQL ${machine.postgres} waiting for its disk, hub and labs on one machine: ${machine.cores} cores
(${machine.cpu}), ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}; load of the machine ${number(machine.loadBefore, 1)} before, ${number(machine.loadAfter, 1)} after. CPU is user and system time of a process and its children.`,
  ];
  for (const burst of bursts)
    parts.push(
      '## Alerts through stream and hub into the database',
      `${number(burst.alerts)} alerts, no two alike, wait in ${burst.labs} labs; from the start of the labs' process to the last that the database has committed ${number(burst.seconds, 1)} s: **${number(burst.perSecond)} a second** (asked: 2,000).`,
      cpuTable(burst.cpu),
    );
  if (live)
    parts.push(
      `## ${live.labs} labs of ${live.phones} phones, live`,
      `Real stores, each with its publisher, all in one process. In ${number(live.seconds)} s ${number(live.connections)} connections and ${number(live.alerts)} alerts. The newest alert that the hub holds of a lab is ${number(live.lagMs.p50)} ms old (median; 99 of 100: ${number(live.lagMs.p99)}), of which up to ${number(live.lagMs.between)} are the time between two. In the end the hub holds what the stores hold, row by row: ${live.isEqual ? 'yes' : '**no**'}, ${number(live.settledSeconds, 1)} s after the last record. The labs' process took at most ${live.publisherMb} MB.`,
      cpuTable(live.cpu),
    );
  if (week)
    parts.push(
      '## A lab that was offline for a week',
      `${number(week.connections)} connections of a simulated week in one store, ${number(week.records)} records of its chain. From the line's return to all of it in the database ${number(week.seconds, 1)} s (${number(week.perSecond)} records a second), equal row by row: ${week.isEqual ? 'yes' : '**no**'}. The lab's process, which also recorded the week, took at most ${week.publisherMb} MB.`,
      cpuTable(week.cpu),
    );
  if (queries)
    parts.push(
      `## Questions over ${number(queries.flows)} connections`,
      `Over HTTP, as an organisation (row-level security), ${number(queries.ledgerRows)} rows of single phones, ${number(queries.lines)} lines above them. Generating them took ${number(queries.seconds)} s.`,
      askedTable(queries),
      'The widest of them, as the database plans it:',
      planText(queries),
    );
  if (manyLines)
    parts.push(
      `## The same with ${number(manyLines.lines)} lines`,
      'A hundred times the connections of the same models add nothing to the lines but their counts. A hundred times the lines are as many models and companies:',
      askedTable(manyLines),
      planText(manyLines),
    );
  if (relay)
    parts.push(
      '## A lab that publishes beside one that does not',
      `Two labs in turn, ${relay.rounds} rounds, POSTs of 1 KB on kept connections and new connections with one request each; CPU seconds per 1,000 by thread (\`main\` relays, \`lab\` reads and stores), median, and the median of the ratios of each round, which lies between the two last columns with a probability of 95 %.`,
      table(
        ['1,000', 'thread', 'off', 'on', 'on / off', 'from', 'to'],
        relay.ratios.map(({ what, thread, off, on, ratio, from, to }) => [
          what,
          thread,
          number(off, 4),
          number(on, 4),
          number(ratio, 3),
          number(from, 3),
          number(to, 3),
        ]),
      ),
    );
  return `${parts.join('\n\n')}\n`;
}
