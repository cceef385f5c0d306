/** Every replay, in the order the demonstration plays them: each case, then its twin. */
import type { ReplayCase } from './case.ts';
import { adups2016 } from './cases/adups-2016.ts';
import { adups2016Fixed } from './cases/adups-2016-fixed.ts';
import { mintBrowser } from './cases/mint-browser.ts';
import { mintBrowserFixed } from './cases/mint-browser-fixed.ts';
import { miuiAnalytics } from './cases/miui-analytics.ts';
import { miuiAnalyticsFixed } from './cases/miui-analytics-fixed.ts';
import { nokia7Plus } from './cases/nokia-7-plus.ts';
import { nokia7PlusFixed } from './cases/nokia-7-plus-fixed.ts';
import { oneplus2017 } from './cases/oneplus-2017.ts';
import { oneplus2017Fixed } from './cases/oneplus-2017-fixed.ts';
import { redmiNoteBenign } from './cases/redmi-note-benign.ts';
import { redmiNotePhotos } from './cases/redmi-note-photos.ts';
import { redmiNotePhotosFixed } from './cases/redmi-note-photos-fixed.ts';
import { wikoSts } from './cases/wiko-sts.ts';
import { wikoStsClear } from './cases/wiko-sts-clear.ts';
import { wikoStsClearFixed } from './cases/wiko-sts-clear-fixed.ts';
import { wikoStsFixed } from './cases/wiko-sts-fixed.ts';
import { xiaomiCloudMessaging } from './cases/xiaomi-cloud-messaging.ts';
import { xiaomiCloudMessagingFixed } from './cases/xiaomi-cloud-messaging-fixed.ts';

export const replays: readonly ReplayCase[] = [
  nokia7Plus,
  nokia7PlusFixed,
  wikoSts,
  wikoStsFixed,
  wikoStsClear,
  wikoStsClearFixed,
  redmiNotePhotos,
  redmiNotePhotosFixed,
  redmiNoteBenign,
  xiaomiCloudMessaging,
  xiaomiCloudMessagingFixed,
  mintBrowser,
  mintBrowserFixed,
  miuiAnalytics,
  miuiAnalyticsFixed,
  oneplus2017,
  oneplus2017Fixed,
  adups2016,
  adups2016Fixed,
];
