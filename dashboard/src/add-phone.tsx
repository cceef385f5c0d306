/** How a phone comes to the lab: codes to scan, drawn here, because that of the Wi-Fi holds its passphrase. */
import { useEffect, useState } from 'preact/hooks';
import { create } from 'qrcode';
import type { z } from 'zod';
import type { wayIn } from '../../src/model/schemas/settings.ts';
import { ask, lab, role } from './lab.ts';
import { t } from './words.ts';

type WayIn = z.infer<typeof wayIn>;

export function AddPhone() {
  const [way, setWay] = useState<WayIn | null>(null);
  useEffect(() => {
    void ask(lab.GET('/api/way-in')).then(setWay, () => {});
  }, []);
  if (role.value === 'viewer') return <p class="empty">{t('add.viewer')}</p>;
  if (way === null) return null;
  const { wifi, page, proxy, hasTunnel } = way;
  return (
    <section aria-labelledby="add-title" class="ways">
      <h1 id="add-title">{t('add.title')}</h1>
      <ol>
        <li>
          <p>{wifi ? t('add.wifi', { ssid: wifi.ssid }) : t('add.network')}</p>
          {wifi && <QrCode text={wifi.code} label={t('add.qr', { text: wifi.ssid })} />}
        </li>
        <li>
          <p>{t('add.page')}</p>
          <QrCode text={page} label={t('add.qr', { text: page })} />
          <p>
            {t('add.or-type')} <code>{page}</code>
          </p>
          {!wifi && <p class="quiet">{t('add.proxy', { host: proxy.host, port: proxy.port })}</p>}
        </li>
        <li>
          <p>{t('add.then')}</p>
          <a class="button main" href="#/phones">
            {t('add.back')}
          </a>
        </li>
      </ol>
      {hasTunnel && (
        <p>
          {t('add.tunnel')} <code>phonehome gateway wireguard add NAME</code>
        </p>
      )}
    </section>
  );
}

/** Dark on white in both themes: phones read no inverted codes. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  const path = Array.from({ length: size * size }, (_, at) => [Math.floor(at / size), at % size] as const)
    .filter(([row, column]) => modules.get(row, column) === 1)
    .map(([row, column]) => `M${column + 3} ${row + 3}h1v1h-1z`)
    .join('');
  return (
    <svg class="qr" viewBox={`0 0 ${size + 6} ${size + 6}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect class="paper" width={size + 6} height={size + 6} />
      <path class="ink" d={path} />
    </svg>
  );
}
