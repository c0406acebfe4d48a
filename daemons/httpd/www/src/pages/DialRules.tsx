// What the list and the form of dial rules have beside what is described: what a
// pattern takes, what is sent, how dangerous it is, and the simulator.
import { useEffect, useState } from 'preact/hooks';
import type { DialRule } from 'schema/types';
import type { Row } from '../api';
import { useRows, type Data } from '../data';
import type { Editing } from '../form/useEdit';
import type { Column } from '../list/useList';
import type { Changed } from '../live';
import { example, sent, takes } from '../pattern';
import { isOpen, riskPath, RISKS, riskText, type Risk } from '../risk';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';
import { lazy } from '../ui/lazy';
import type { Extra } from './extras';
import { Obscure } from './Obscure';

const WhoGetsOut = lazy(() => import('./WhoGetsOut').then(m => m.WhoGetsOut));

const PAUSE_MS = 400;

/* on what a risk depends */
const RISKY = ['dial_rule', 'route_settings', 'time_rule', 'credit'];

const isRisky = (name: string, d: unknown) => name === 'changed' && RISKY.includes((d as Changed).table);

function useRisks(): Map<string, Risk> {
	const rows = useRows<Risk>(RISKS, isRisky).rows;

	return new Map(rows.map(r => [r.dial_rule, r]));
}

/** Of a rule that is being written; asked once nobody types. */
function useRiskOf(rule: Row, ready: boolean): Risk | undefined {
	const now = ready ? riskPath(rule) : null, [path, setPath] = useState<string | null>(null);
	const { rows, error } = useRows<Risk>(path, isRisky);

	useEffect(() => {
		const timer = setTimeout(() => setPath(now), PAUSE_MS);

		return () => clearTimeout(timer);
	}, [now]);
	return now && path && !error ? rows[0] : undefined;
}

function RiskBadge({ risk }: { risk?: Risk }) {
	if (!risk)
		return <Muted>–</Muted>;
	const abroad = risk.risk === 'international' || risk.risk === 'premium', guarded = risk.guard !== 'none';

	return <Badge tone={abroad ? guarded ? 'ok' : 'danger' : ''} title={riskText(risk)}>
		{t(`risk.${risk.risk}`)}{abroad ? `, ${t(guarded ? 'risk.guarded' : 'risk.unguarded')}` : risk.unknown && `, ${t('risk.unknown')}`}
	</Badge>;
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
	const risks = useRisks(), shadows = useShadows(), get = (id: string) => described.find(c => c.id === id)!;

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
		{ id: 'risk', label: t('rule.risk'), wide: true, cell: r => <RiskBadge risk={risks.get(asRule(r).name)} /> },
	];
}

/** The character at fault, under the pattern. */
function Fault({ pattern, error }: { pattern: string; error?: string }) {
	const at = Number(/column (\d+)/i.exec(error ?? '')?.[1]);

	return at ? <pre class="fault" aria-hidden="true">{pattern.slice(0, at - 1)}<b>{pattern[at - 1] ?? ' '}</b>{pattern.slice(at)}</pre> : null;
}

function UnderPattern({ editing }: { editing: Editing }) {
	const [number, setNumber] = useState(''), { edit, errors } = editing;
	const pattern = String(edit['pattern']), strip = Number(edit['strip']) || 0, prepend = String(edit['prepend']);
	const risk = useRiskOf({ ...edit, strip, trunks: String(edit['trunks']).split('\n').filter(Boolean).join(';') }, !!pattern && !errors['pattern']);
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
		{risk && !editing.asked && <p class={isOpen(risk) ? 'banner warn' : 'sm'} role="status">
			<RiskBadge risk={risk} /> {riskText(risk)} {isOpen(risk) && t('risk.open')}
		</p>}
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
