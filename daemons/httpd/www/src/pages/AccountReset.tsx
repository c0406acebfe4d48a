// A new one-time password for an account.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { t } from '../text';
import { Confirm } from '../ui/confirm';
import type { Made } from '../ui/ShownOnce';
import type { RowProps } from './extras';

/** A one-time password; its first sign-in sets another. */
export async function resetAccount(name: string): Promise<Made> {
	const a = await api<{ account: string; password: string }>('POST', `/accounts/${encodeURIComponent(name)}/reset`, { enable: true });

	return { who: a.account, secret: a.password };
}

export function AccountReset({ form, row, show }: RowProps) {
	const [asking, setAsking] = useState(false), name = String(row[form.key]);

	return <>
		<button class="small" onClick={() => setAsking(true)}>{t('account.reset')}<span class="vh"> {name}</span></button>
		{asking && <Confirm title={t('account.reset.title', { name })} text={t('account.reset.text')} action={t('account.reset')}
			onClose={() => setAsking(false)} onYes={async () => show([await resetAccount(name)])} />}
	</>;
}
