/** Settings: tokens, and who did what. */
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { auditEntry } from '../../src/model/schemas/settings.ts';
import { ROLES } from '../../src/model/words.ts';
import { SCROLLS } from './companies.tsx';
import { ask, lab, role } from './lab.ts';
import { Part } from './settings-part.tsx';
import { number, t, when } from './words.ts';

type AuditEntry = z.infer<typeof auditEntry>;

export function TokensPart() {
  const [rotated, setRotated] = useState<{ role: (typeof ROLES)[number]; token: string } | null>(null);
  const rotate = async (one: (typeof ROLES)[number]): Promise<void> => {
    if (!confirm(t('settings.rotate.sure', { role: t(`role.${one}`) }))) return;
    setRotated(await ask(lab.POST('/api/tokens/{id}/rotate', { params: { path: { id: one } } })));
  };
  return (
    <Part id="tokens" title={t('settings.tokens')}>
      {role.value !== 'administrator' ? (
        <p>{t('settings.only-admin')}</p>
      ) : (
        <>
          <p>{t('settings.tokens.why')}</p>
          <p>
            {ROLES.map((one) => (
              <button key={one} type="button" class="button" onClick={() => void rotate(one)}>
                {t('settings.rotate', { role: t(`role.${one}`) })}
              </button>
            ))}
          </p>
          <div role="status">
            {rotated && (
              <>
                <p>{t('settings.rotated', { role: t(`role.${rotated.role}`) })}</p>
                <p>
                  <code>{rotated.token}</code>
                </p>
              </>
            )}
          </div>
        </>
      )}
    </Part>
  );
}

export function AuditPart() {
  const [audit, setAudit] = useState<{ entries: AuditEntry[]; total: number } | null>(null);
  const mayRead = role.value === 'administrator';
  useEffect(() => {
    if (mayRead) void ask(lab.GET('/api/audit', { params: { query: { limit: 200 } } })).then(setAudit, () => {});
  }, [mayRead]);
  return (
    <Part id="audit" title={t('settings.audit')}>
      {!mayRead && <p>{t('settings.only-admin')}</p>}
      {audit && audit.total === 0 && <p class="empty">{t('settings.audit.none')}</p>}
      {audit && audit.total > 0 && (
        <>
          <p class="quiet">
            {t('settings.audit.more', { count: number(audit.entries.length), total: number(audit.total) })}
          </p>
          <div class="wide" {...SCROLLS}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('audit.when')}</th>
                  <th scope="col">{t('audit.action')}</th>
                  <th scope="col">{t('audit.subject')}</th>
                  <th scope="col">{t('audit.who')}</th>
                </tr>
              </thead>
              <tbody>
                {audit.entries.map(({ time, action, subject, who }, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: entries have no name of their own
                  <tr key={index}>
                    <td>{when(time)}</td>
                    <td>{action}</td>
                    <td>{subject}</td>
                    <td>{who}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Part>
  );
}
