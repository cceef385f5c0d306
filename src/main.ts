/** Everything the command line may ask of the lab, under the names of `LabModule`. Rooms are opened only when asked for. */
import type { LabModule } from './model/lab.ts';

export { formatAlertLine } from './sinks/terminal/alert-line.ts';

export const startLab: LabModule['startLab'] = async (options) => (await import('./lab/start.ts')).startLab(options);

export const listReplays: LabModule['listReplays'] = async () => (await import('./lab/replaying.ts')).listReplays();

export async function* scan(...given: Parameters<LabModule['scan']>): ReturnType<LabModule['scan']> {
  yield* (await import('./lab/scanning.ts')).scan(...given);
}

export const openDevices: LabModule['openDevices'] = async (dataDir) =>
  (await import('./devices/store.ts')).openStoredDevices(dataDir);

export const openCases: LabModule['openCases'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).openCases(dataDir);

export const openRecords: LabModule['openRecords'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).openRecords(dataDir);

export const forgetPhone: LabModule['forgetPhone'] = async (...given) =>
  (await import('./lab/forgetting.ts')).forgetOffline(...given);

export const verifyRecorded: LabModule['verifyRecorded'] = async (...given) =>
  (await import('./lab/evidence.ts')).verifyRecorded(...given);

export const readCase: LabModule['readCase'] = async (dataDir, id, options) =>
  (await import('./lab/case-record.ts')).readCase(dataDir, id, options);

export const reportCase: LabModule['reportCase'] = async (dataDir, id, options) =>
  (await import('./lab/case-report.ts')).reportCase(dataDir, id, options);

export const judgeCase: LabModule['judgeCase'] = async (record, language) =>
  (await import('./report/verdict.ts')).judge(record, language);

export const listPlans: LabModule['listPlans'] = async (dataDir) =>
  (await import('./lab/kept-plans.ts')).listKeptPlans(dataDir);

export const readPlan: LabModule['readPlan'] = async (file) => (await import('./plans/plans.ts')).readPlan(file);

export const exportPackage: LabModule['exportPackage'] = async (...given) =>
  (await import('./lab/exporting.ts')).exportPackage(...given);

export const verifyPackage: LabModule['verifyPackage'] = async (file) =>
  (await import('./lab/package-check.ts')).verifyPackage(file);

export const signingFingerprint: LabModule['signingFingerprint'] = async (dataDir) =>
  (await import('./lab/evidence.ts')).signingFingerprint(dataDir);

export const importPhoneRecord: LabModule['importPhoneRecord'] = async (...given) =>
  (await import('./lab/phone-records.ts')).importPhoneRecord(...given);

export const compareRuns: LabModule['compareRuns'] = async (...given) =>
  (await import('./lab/compared-sides.ts')).compareRuns(...given);

export const summarizeSides: LabModule['summarizeSides'] = async (...given) =>
  (await import('./lab/compared-sides.ts')).summarizeSides(...given);

export const sayComparison: LabModule['sayComparison'] = async (...given) =>
  (await import('./lab/comparison-report.ts')).sayComparison(...given);

export const exportCapture: LabModule['exportCapture'] = async (options) =>
  (await import('./lab/offline-commands.ts')).exportCapture(options);

export const readAuthority: LabModule['readAuthority'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).readAuthority(dataDir);

export const exportAuthority: LabModule['exportAuthority'] = async (...given) =>
  (await import('./lab/offline-commands.ts')).exportAuthority(...given);

export const isAuthorityKeySealed: LabModule['isAuthorityKeySealed'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).isAuthorityKeySealed(dataDir);

export const changeAuthorityPassphrase: LabModule['changeAuthorityPassphrase'] = async (...given) =>
  (await import('./lab/offline-commands.ts')).changeAuthorityPassphrase(...given);

export const backUp: LabModule['backUp'] = async (...given) => (await import('./lab/backup.ts')).backUp(...given);

export const restore: LabModule['restore'] = async (...given) => (await import('./lab/backup.ts')).restore(...given);

export const rotateAuthority: LabModule['rotateAuthority'] = async (dataDir, kind) =>
  (await import('./lab/offline-commands.ts')).rotateAuthority(dataDir, kind);

export const rotateToken: LabModule['rotateToken'] = async (dataDir, role) =>
  (await import('./lab/offline-commands.ts')).rotateToken(dataDir, role);

export const openGateway: LabModule['openGateway'] = async (options) =>
  (await import('./gateway/control.ts')).openGateway(options);

export const takeGatewayDown: LabModule['takeGatewayDown'] = async (dataDir, tell) =>
  (await import('./gateway/control.ts')).takeDown(dataDir, tell);

export const checkGateway: LabModule['checkGateway'] = async (dataDir) =>
  (await import('./gateway/control.ts')).checkGateway(dataDir);

export const listGeoDatabases: LabModule['listGeoDatabases'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).listGeoDatabases(dataDir);

export const takeGeoDatabase: LabModule['takeGeoDatabase'] = async (...given) =>
  (await import('./lab/offline-commands.ts')).takeGeoDatabase(...given);

export const rollBackGeo: LabModule['rollBackGeo'] = async (dataDir) =>
  (await import('./lab/offline-commands.ts')).rollBackGeo(dataDir);

export const openNotify: LabModule['openNotify'] = async (dataDir) =>
  (await import('./lab/stored-notify.ts')).openStoredNotify(dataDir);

export const makeHubKey: LabModule['makeHubKey'] = async (file) => (await import('./hub/key.ts')).makeHubKey(file);

export const publishFeed: LabModule['publishFeed'] = async (hubConfig, directory, keyFile) => {
  const { publishFeedDirectory } = await import('./lab/feed-publishing.ts');
  return publishFeedDirectory(hubConfig, directory, keyFile);
};

export const readPackageChain: LabModule['readPackageChain'] = async (file) =>
  (await import('./lab/package-hashes.ts')).readPackageChain(file);

export const openHub: LabModule['openHub'] = async (file) => {
  const [{ openHub }, { readBuilt }] = await Promise.all([
    import('./hub/commands.ts'),
    import('./sinks/live/built-files.ts'),
  ]);
  return openHub(file, readBuilt);
};
