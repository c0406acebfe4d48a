// Allowed addresses: my own by one click, what is too wide, and where they stand
// in the order of things. The settings of Fail2Ban say whom they would have shut
// out, and go back to the guide's values.
import { useState } from 'preact/hooks';
import type { Firewall } from 'schema/types';
import { applyRows, login, type Row } from '../api';
import { useTable, type Data } from '../data';
import { EditDrawer } from '../form/EditDrawer';
import type { Editing } from '../form/useEdit';
import { forms, mayWrite } from '../forms';
import { t } from '../text';
import { Confirm } from '../ui/confirm';
import { lazy } from '../ui/lazy';
import { toast } from '../ui/toast';
import type { Extra } from './extras';
import { Precedence } from './Precedence';

const WouldBan = lazy(() => import('./WouldBan').then(m => m.WouldBan));

/* wider than this is no address any more */
const WIDE = 16;

function Mine({ data }: { data: Data<Row> }) {
	const [open, setOpen] = useState(false), form = forms.value['allowed_address']!, source = login.value?.source ?? '';

	if (!mayWrite('allowed_address') || !source)
		return null;
	return <>
		<button onClick={() => setOpen(true)}>{t('allowed.mine')}</button>
		{open && <EditDrawer form={form} seq={data.seq} title={t('allowed.mine')} preset={{
			name: `${login.value?.account ?? 'me'}-${source.replace(/[^A-Za-z0-9]+/g, '-')}`.toLowerCase().slice(0, 32).replace(/-$/, ''),
			source, services: 'https;sip',
		}} extras={{ source: UnderSource }} onSaved={data.reload} onClose={() => setOpen(false)} />}
	</>;
}

const Order = () => {
	const wall = useTable<Firewall>('fwd', 'firewall').rows[0];

	return <details class="card folded precedence">
		<summary>{t('path')}</summary>
		<Precedence dropAll={!!wall?.drop_all} />
	</details>;
};

function UnderSource({ editing }: { editing: Editing }) {
	const length = /^\d[\d.]*\/(\d+)$/.exec(String(editing.edit['source']).trim())?.[1];

	return length && Number(length) < WIDE ? <p class="banner warn">{t('allowed.wide')}</p> : null;
}

/** Tries, seconds to count in, seconds of the ban: the guide's. */
const GUIDE: Readonly<Record<string, readonly [number, number, number]>> = {
	sip: [10, 600, 3600], iax2: [10, 600, 3600], https: [5, 600, 600], ssh: [5, 600, 600], ami: [5, 600, 600],
};

function Guide({ data }: { data: Data<Row> }) {
	const [asking, setAsking] = useState(false);

	if (!mayWrite('guard_service'))
		return null;
	return <>
		<button onClick={() => setAsking(true)}>{t('guide')}</button>
		{asking && <Confirm title={t('guide.title')} text={t('guide.text')} action={t('guide')} onClose={() => setAsking(false)} onYes={async () => {
			await applyRows('guardd', 'guard_service', Object.entries(GUIDE).map(([key, [tries, window_s, ban_s]]) =>
				({ op: 'put', key, row: { tries, window_s, ban_s, repeat_factor: 1, enabled: true } })));
			toast(t('guide.done'));
			data.reload();
		}} />}
	</>;
}

export const allowed: Extra = { Head: Mine, Above: Order, fields: { source: UnderSource } };
export const fail2ban: Extra = { Head: Guide, fields: { ban_s: WouldBan } };
