// What single tables can do beside being edited.
import { useState } from 'preact/hooks';
import { api, type Row } from '../api';
import type { Form } from '../forms';
import { t } from '../text';
import { Confirm } from '../ui/confirm';
import type { Made } from '../ui/ShownOnce';

/** A one-time password; its first sign-in sets another. */
async function resetAccount(name: string): Promise<Made> {
	const a = await api<{ account: string; password: string }>('POST', `/accounts/${encodeURIComponent(name)}/reset`, { enable: true });

	return { who: a.account, secret: a.password };
}

/** Done once a row was added. */
export const AFTER_ADD: Record<string, (key: string) => Promise<Made>> = { account: resetAccount };

/** A button of its own in each row. */
export function RowAction({ form, row, show }: { form: Form; row: Row; show: (made: Made) => void }) {
	const [asking, setAsking] = useState(false), name = String(row[form.key]);

	if (form.name !== 'account')
		return null;
	return <>
		<button class="small" onClick={() => setAsking(true)}>{t('account.reset')}<span class="vh"> {name}</span></button>
		{asking && <Confirm title={t('account.reset.title', { name })} text={t('account.reset.text')} action={t('account.reset')}
			onClose={() => setAsking(false)} onYes={async () => show(await resetAccount(name))} />}
	</>;
}
