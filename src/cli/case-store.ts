/** Test runs, wherever they are: in the lab that runs on the data directory, else in its store. */
import type { Case, NewCase } from '../model/case.ts';
import { call, listIn, runningLabOf } from './lab-client.ts';
import { loadLab } from './main-module.ts';

export interface CaseStore {
  list(): Promise<Case[]>;
  open(given: NewCase): Promise<Case>;
  mark(id: string, mark: { phase: string } | { event: string }): Promise<Case>;
  close(id: string): Promise<Case>;
  end(): void;
}

export async function openCaseStore(dataDir: string): Promise<CaseStore> {
  const lab = await runningLabOf(dataDir);
  if (lab) {
    return {
      list: async () => listIn<Case>(await call(lab, 'GET', '/api/cases'), 'cases'),
      open: async (given) => caseIn(await call(lab, 'POST', '/api/cases', given)),
      mark: async (id, mark) => caseIn(await call(lab, 'POST', `/api/cases/${encodeURIComponent(id)}/marks`, mark)),
      close: async (id) => caseIn(await call(lab, 'PATCH', `/api/cases/${encodeURIComponent(id)}`, { closed: true })),
      end: () => {},
    };
  }
  const stored = await (await loadLab()).openCases(dataDir);
  return {
    list: async () => stored.list(),
    open: async (given) => stored.open(given),
    mark: async (id, mark) => stored.mark(id, mark),
    close: async (id) => stored.close(id),
    end: () => stored.end(),
  };
}

/** The case in an answer, whether it stands alone or under a name. */
function caseIn(answer: unknown): Case {
  const { case: inside } = answer as { case?: Case };
  return inside ?? (answer as Case);
}
