/** Test runs, wherever they are: in the lab that runs on the data directory, else in its store. */
import type { Case } from '../model/case.ts';
import { call, listIn, runningLabOf } from './lab-client.ts';
import { loadLab } from './main-module.ts';

export interface CaseStore {
  list(): Promise<Case[]>;
  open(title: string, deviceId: string | null): Promise<Case>;
  mark(id: string, phase: string): Promise<Case>;
  close(id: string): Promise<Case>;
  end(): void;
}

export async function openCaseStore(dataDir: string): Promise<CaseStore> {
  const lab = await runningLabOf(dataDir);
  if (lab) {
    return {
      list: async () => listIn<Case>(await call(lab, 'GET', '/api/cases'), 'cases'),
      open: async (title, deviceId) => caseIn(await call(lab, 'POST', '/api/cases', { title, deviceId })),
      mark: async (id, phase) =>
        caseIn(await call(lab, 'POST', `/api/cases/${encodeURIComponent(id)}/marks`, { phase })),
      close: async (id) => caseIn(await call(lab, 'PATCH', `/api/cases/${encodeURIComponent(id)}`, { closed: true })),
      end: () => {},
    };
  }
  const stored = await (await loadLab()).openCases(dataDir);
  return {
    list: async () => stored.list(),
    open: async (title, deviceId) => stored.open({ title, deviceId }),
    mark: async (id, phase) => stored.mark(id, phase),
    close: async (id) => stored.close(id),
    end: () => stored.end(),
  };
}

/** The case in an answer, whether it stands alone or under a name. */
function caseIn(answer: unknown): Case {
  const { case: inside } = answer as { case?: Case };
  return inside ?? (answer as Case);
}
