// Under the settings of Fail2Ban: whom they would have shut out, by the tries of
// the last day, and whose telephones those are. It follows what is typed.
import { useEffect, useState } from 'preact/hooks';
import type { Row } from '../api';
import { useRows } from '../data';
import type { Editing } from '../form/useEdit';
import { moment, t, tn } from '../text';
import { Ago, Badge, Muted } from '../ui/bits';

interface Sum {
	since_ms: number; sources: number; would: number; more: number; fewer: number;
	local: number; allowed: number; phones: number; extensions: string;
}

interface Whom { source: string; tries: number; at_ms: number; would: boolean; banned: boolean; accounts: string; extensions: string }

const PAUSE_MS = 400, DAY_MS = 86400000;
/* "the last 24 hours" may lack so much */
const NEARLY_MS = 60000;
/* so many are looked at; who is another than before comes first */
const SHOWN = 20;

/** The settings as they stand in the form; none while a figure is missing, or when nobody would be shut out at all. */
function question({ edit }: Editing, row?: Row): string | null {
	const tries = Number(edit['tries']), window_s = Number(edit['window_s']);
	const isWhole = (n: number, min: number, max: number) => Number.isInteger(n) && n >= min && n <= max;

	return row && edit['enabled'] !== false && isWhole(tries, 1, 1000) && isWhole(window_s, 10, 604800) ? String(new URLSearchParams({
		service: String(row['service']), tries: String(tries), window_s: String(window_s), trust_local: String(edit['trust_local']),
	})) : null;
}

/** What is asked once nobody types. */
function usePaused(now: string | null): string | null {
	const [asked, setAsked] = useState(now);

	useEffect(() => {
		const timer = setTimeout(() => setAsked(now), PAUSE_MS);

		return () => clearTimeout(timer);
	}, [now]);
	return now && asked;
}

function sentence(s: Sum): string {
	const span = s.since_ms <= Date.now() - DAY_MS + NEARLY_MS ? t('would.day') : t('would.since', { since: moment(s.since_ms) });

	if (!s.sources)
		return t('would.quiet', { span });
	if (s.more && s.fewer)
		return t('would.both', { more: s.more, fewer: s.fewer, span });
	if (s.more)
		return tn('would.more', s.more, { span });
	if (s.fewer)
		return tn('would.fewer', s.fewer, { span });
	return s.would ? tn('would.same', s.would, { span }) : t('would.nobody', { span });
}

const How = ({ w }: { w: Whom }) => w.would === w.banned
	? <Badge>{t('would.was')}</Badge>
	: <Badge tone="warn">{t(w.would ? 'would.new' : 'would.spared')}</Badge>;

function List({ asked, of }: { asked: string; of: number }) {
	const rows = useRows<Whom>(`/methods/guardd/WouldBanWhom?${asked}`, () => false).rows.slice(0, SHOWN);

	return <>
		<ul class="preflight">{rows.map(w => <li key={w.source}>
			<span class="grow"><span class="mono">{w.source}</span> {tn('would.tries', w.tries)}{w.accounts && ` ${t('would.as', { accounts: w.accounts })}`}
				{' '}<Muted><Ago ms={w.at_ms} /></Muted> {w.extensions && <b>{t('would.phone', { extensions: w.extensions })}</b>}</span>
			<How w={w} />
		</li>)}</ul>
		{of > rows.length && rows.length > 0 && <p class="sm muted">{t('csv.more', { n: of - rows.length })}</p>}
	</>;
}

export function WouldBan({ editing, row }: { editing: Editing; row?: Row }) {
	const asked = usePaused(question(editing, row)), [open, setOpen] = useState(false);
	const s = useRows<Sum>(asked && `/methods/guardd/WouldBan?${asked}`, () => false).rows[0], of = s ? s.would + s.fewer : 0;

	if (!asked || s?.since_ms === undefined)
		return null;
	return <div class={`banner stack ${s.phones ? 'danger' : 'info'}`}>
		<div role="status" class="stack">
			<p>{sentence(s)}</p>
			{s.phones > 0 && <p><b>{tn('would.phones', s.phones, { extensions: s.extensions })}</b></p>}
			{s.fewer > 0 && <p class="sm">{t('would.cut')}</p>}
			{s.local > 0 && <p class="sm">{tn('would.local', s.local)}</p>}
			{s.allowed > 0 && <p class="sm">{tn('would.allowed', s.allowed)}</p>}
		</div>
		{of > 0 && <details open={open} onToggle={e => setOpen(e.currentTarget.open)}>
			<summary>{t('would.whom')}</summary>
			{open && <List asked={asked} of={of} />}
		</details>}
	</div>;
}
