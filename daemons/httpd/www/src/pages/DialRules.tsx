// What the list and the form of dial rules have beside what is described: what a
// pattern takes, what is sent, how dangerous it is, and the simulator.
import { useEffect, useState } from 'preact/hooks';
import type { Credit, DialRule, RouteSettings } from 'schema/types';
import type { Row } from '../api';
import { useRows, useTable, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import type { Column } from '../list/useList';
import type { Changed } from '../live';
import { canBegin, example, sent, takes } from '../pattern';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';
import { lazy } from '../ui/lazy';
import { EACH } from './Credit';
import type { Extra } from './extras';
import { Obscure } from './Obscure';

const WhoGetsOut = lazy(() => import('./WhoGetsOut').then(m => m.WhoGetsOut));

const PAUSE_MS = 400;

type Danger = Pick<DialRule, 'name' | 'pattern' | 'strip' | 'prepend' | 'pin_set' | 'time_rule' | 'trunks'>;

/** Does a rule let calls abroad, and does anything stand in a thief's way? */
function useRisk(): (r: Danger) => { abroad: boolean; guarded: boolean } {
	const settings = useTable<RouteSettings>('routed', 'route_settings').rows[0], caps = useTable<Credit>('routed', 'credit').rows;
	const prefix = settings?.international_prefix ?? '00';

	return r => {
		const on = (scope: Credit['scope'], who: string) => caps.some(c => c.enabled && c.scope === scope && (c.who === who || c.who === EACH));
		const capped = on('dial_rule', r.name) || on('extension', EACH) || r.trunks.split(';').every(x => on('trunk', x));

		return {
			abroad: [prefix, '+'].some(p => canBegin(r.pattern, r.strip, r.prepend, p)),
			guarded: !!(r.pin_set || r.time_rule || capped),
		};
	};
}

function Risk({ rule, risk }: { rule: Danger; risk: ReturnType<typeof useRisk> }) {
	const { abroad, guarded } = risk(rule);

	if (!abroad)
		return <Badge>{t('rule.home')}</Badge>;
	return <Badge tone={guarded ? 'ok' : 'danger'} title={guarded ? '' : t('rule.open.text')}>{t(guarded ? 'rule.guarded' : 'rule.open')}</Badge>;
}

const asRule = (r: Row) => r as unknown as DialRule;
const text = (s: string) => s ? <>{s.split(';').join(', ')}</> : <Muted>–</Muted>;

interface Shadow { dial_rule: string; hidden_by: string; others: boolean; example: string; why: string }

/** Rules that are never reached, by the box's own search. */
function useShadows(): Map<string, Shadow> {
	const rows = useRows<Shadow>('/methods/routed/Shadowed?dial_plan=', (name, d) => name === 'changed'
		&& ['dial_rule', 'dial_plan', 'time_rule'].includes((d as Changed).table)).rows;

	return new Map(rows.map(s => [s.dial_rule, s]));
}

function useColumns(described: Column<Row>[], _data: Data<Row>): Column<Row>[] {
	const risk = useRisk(), shadows = useShadows(), get = (id: string) => described.find(c => c.id === id)!;

	return [
		{
			id: 'pattern', label: get('pattern').label, cell: r => <>
				<b class="mono">{asRule(r).pattern}</b> <span class="muted sm only-wide">{t('rule.as', { number: example(asRule(r).pattern) })}</span>
				{!r['enabled'] && <> <Badge tone="warn">{t('off')}</Badge></>}
				{shadows.has(asRule(r).name) && <> <Badge tone="danger" title={shadows.get(asRule(r).name)!.why}>
					{t('rule.never', { by: shadows.get(asRule(r).name)!.hidden_by })}
				</Badge></>}
			</>,
		},
		{
			id: 'sends', label: t('rule.sends'), wide: true,
			cell: r => <span class="mono">{sent(example(asRule(r).pattern), asRule(r).strip, asRule(r).prepend)}</span>,
		},
		{ ...get('trunks'), wide: true, cell: r => text(asRule(r).trunks) },
		{ ...get('pin_set'), wide: true, cell: r => text(asRule(r).pin_set) },
		{ ...get('time_rule'), wide: true, cell: r => text(asRule(r).time_rule) },
		{ id: 'risk', label: t('rule.risk'), wide: true, cell: r => <Risk rule={asRule(r)} risk={risk} /> },
	];
}

/** The character at fault, under the pattern. */
function Fault({ pattern, error }: { pattern: string; error?: string }) {
	const at = Number(/column (\d+)/i.exec(error ?? '')?.[1]);

	return at ? <pre class="fault" aria-hidden="true">{pattern.slice(0, at - 1)}<b>{pattern[at - 1] ?? ' '}</b>{pattern.slice(at)}</pre> : null;
}

function UnderPattern({ editing }: { editing: Editing }) {
	const [number, setNumber] = useState(''), risk = useRisk(), { edit, errors } = editing;
	const pattern = String(edit['pattern']), strip = Number(edit['strip']) || 0, prepend = String(edit['prepend']);
	const danger = risk({
		name: String(edit['name']), pattern, strip, prepend, pin_set: String(edit['pin_set']), time_rule: String(edit['time_rule']),
		trunks: String(edit['trunks']).split('\n').join(';'),
	});
	const fits = takes(pattern, number), shown = example(pattern);

	/* the box says what is wrong while one still types */
	useEffect(() => {
		const timer = setTimeout(() => { if (pattern) editing.blur('pattern'); }, PAUSE_MS);

		return () => clearTimeout(timer);
	}, [pattern]);
	return <>
		<Fault pattern={pattern} error={errors['pattern']} />
		{shown && !errors['pattern'] && <div class="panel">
			<p class="sm">{t('rule.example', { number: shown, sent: sent(shown, strip, prepend) })}</p>
			<div class="inrow">
				<label class="sm" for="try-number">{t('rule.try')}</label>
				<input id="try-number" class="mono" inputMode="tel" autocomplete="off" value={number} onInput={e => setNumber(e.currentTarget.value)} />
			</div>
			<p class={`sm ${number && !fits ? 'bad' : ''}`} role="status">
				{number && (fits ? t('rule.takes', { number, sent: sent(number, strip, prepend) }) : t('rule.leaves', { number }))}
			</p>
		</div>}
		<Obscure editing={editing} />
		{danger.abroad && !danger.guarded && <p class="banner warn">{t('rule.open.text')}</p>}
	</>;
}

function Head() {
	const [open, setOpen] = useState(false);

	return <>
		<button onClick={() => setOpen(true)}>{t('who')}</button>
		{open && <WhoGetsOut onClose={() => setOpen(false)} />}
	</>;
}

export const dialRules: Extra = { useColumns, Head, fields: { pattern: UnderPattern } };
