// Whose a cap is: chosen from what its scope means. And price lists, which caps in
// money need.
import type { Pin } from 'schema/types';
import { useState } from 'preact/hooks';
import type { Row } from '../api';
import { useTable, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import { mayWrite } from '../forms';
import { t } from '../text';
import { lazy } from '../ui/lazy';
import type { Extra } from './extras';

const ImportRates = lazy(() => import('./ImportRates').then(m => m.ImportRates));

const TABLES: Readonly<Record<string, readonly [string, string, string]>> = {
	trunk: ['sipd', 'trunk', 'name'], extension: ['sipd', 'extension', 'number'], dial_rule: ['routed', 'dial_rule', 'name'], pin_holder: ['routed', 'pin', 'holder'],
};

/** Whose a limit on each of them is. */
export const EACH = '*';

/** The names behind the field's list, and a word when there is none of that name. */
function UnderWho({ editing }: { editing: Editing }) {
	const [owner, table, field] = TABLES[String(editing.edit['scope'])] ?? ['', '', ''], who = String(editing.edit['who']).trim();
	const data = useTable<Row | Pin>(owner, table), names = [...new Set(data.rows.map(r => String((r as Row)[field] ?? '')).filter(Boolean))];

	return <>
		<datalist id="caps"><option value={EACH}>{t('caps.each')}</option>{names.map(n => <option key={n} value={n} />)}</datalist>
		{who && who !== EACH && data.ready && names.length > 0 && !names.includes(who) && <p class="banner warn">{t('caps.nobody', { who })}</p>}
	</>;
}

function Import({ data }: { data: Data<Row> }) {
	const [open, setOpen] = useState(false);

	return mayWrite('call_rate') ? <>
		<button onClick={() => setOpen(true)}>{t('rates.import')}</button>
		{open && <ImportRates data={data} onClose={() => setOpen(false)} />}
	</> : null;
}

export const rates: Extra = { Head: Import };
export const credit: Extra = { fields: { who: UnderWho } };
