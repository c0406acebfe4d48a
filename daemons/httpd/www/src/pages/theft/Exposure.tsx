// Exposure: what could be dialled with one extension's password within a day, a
// weekend and a month, and the most that it could cost until a cap stops it.
import { useState } from 'preact/hooks';
import { useRows } from '../../data';
import { RefField } from '../../form/RefField';
import type { Field } from '../../forms';
import { money } from '../../money';
import { query, setQuery } from '../../route';
import { duration, t } from '../../text';
import { Badge, Failed, Moment, Muted, Skeleton } from '../../ui/bits';

interface Line {
	span: 'day' | 'weekend' | 'month';
	from_ms: number;
	until_ms: number;
	dial_rule: string;
	pattern: string;
	trunks: string;
	open_s: number;
	calls: number;
	talk_s: number;
	talk_by: string;
	money_milli: number;
	money_by: string;
	why: string;
}

const WHO: Field = { name: 'who', type: 'ref', table: 'extension', label: '', required: true };
const SPANS = ['day', 'weekend', 'month'] as const;
/* when it matters, rules and caps have changed */
const TABLES = new Set(['dial_rule', 'dial_plan', 'credit', 'call_profile', 'time_rule', 'holiday', 'pin_set', 'trunk', 'call_rate', 'route_settings', 'brake']);

const Unbounded = () => <Badge tone="danger">{t('exposure.unbounded')}</Badge>;
const Cost = ({ l }: { l: Line }) => l.money_by ? <><b class="num">{money(l.money_milli)}</b> <Muted>{t('exposure.by', { what: l.money_by })}</Muted></> : <Unbounded />;
const Talk = ({ l }: { l: Line }) => l.talk_by ? <><span class="num">{duration(l.talk_s)}</span> <Muted>{t('exposure.by', { what: l.talk_by })}</Muted></> : <Unbounded />;

/** The three spans at a glance: all rules together. */
function Sums({ lines }: { lines: readonly Line[] }) {
	return <div class="figures">{SPANS.map(span => {
		const l = lines.find(x => x.span === span && !x.dial_rule);

		return l && <div class="card figure-card" key={span}>
			<span class="muted">{t(`span.${span}`)}</span>
			<b class="num">{l.open_s || l.money_milli || !l.why ? (l.money_by ? money(l.money_milli) : t('exposure.unbounded')) : t('exposure.nothing')}</b>
			<span class="sm muted"><Moment ms={l.from_ms} /> – <Moment ms={l.until_ms} />{l.why && `: ${l.why}`}</span>
		</div>;
	})}</div>;
}

function Rules({ lines, span }: { lines: readonly Line[]; span: Line['span'] }) {
	const rules = lines.filter(l => l.span === span && l.dial_rule);

	return rules.length ? <div class="tw" tabIndex={0} role="region" aria-label={t('list.scroll', { list: t('exposure') })}><table>
		<thead><tr>
			<th scope="col">{t('exposure.rule')}</th><th scope="col" class="wide">{t('exposure.pattern')}</th><th scope="col" class="wide">{t('exposure.open')}</th>
			<th scope="col" class="wide">{t('exposure.talk')}</th><th scope="col">{t('exposure.cost')}</th><th scope="col" class="wide">{t('exposure.why')}</th>
		</tr></thead>
		<tbody>{rules.map(l => <tr key={l.dial_rule} data-key={l.dial_rule}>
			<td><b>{l.dial_rule}</b></td><td class="mono wide">{l.pattern}</td><td class="num wide">{duration(l.open_s)}</td>
			<td class="wide"><Talk l={l} /></td><td><Cost l={l} /></td><td class="wrap wide sm">{l.why}</td>
		</tr>)}</tbody>
	</table></div> : <p class="empty">{t('exposure.none')}</p>;
}

export function Exposure() {
	const who = query.value.get('who') ?? '', [span, setSpan] = useState<Line['span']>('day');
	const data = useRows<Line>(who ? `/methods/routed/Exposure?${new URLSearchParams({ extension: who, time: 'now' })}` : null,
		(name, d) => name === 'changed' && TABLES.has((d as { table: string }).table));

	return <section class="card" aria-labelledby="exposure">
		<header><h2 id="exposure">{t('exposure')}</h2></header>
		<div class="fields">
			<p class="muted sm">{t('exposure.lead')}</p>
			<div class="field short">
				<label for="exposure-who">{t('exposure.who')}</label>
				<RefField f={WHO} id="exposure-who" value={who} onInput={v => setQuery({ who: v })} onBlur={() => undefined} />
			</div>
			{data.error && <Failed error={data.error} at={data.at} retry={data.reload} />}
			{who && !data.ready && <Skeleton />}
			{who && data.rows.length > 0 && <Sums lines={data.rows} />}
			{who && data.rows.length > 0 && <div class="field short">
				<label for="exposure-span">{t('exposure.span')}</label>
				<select id="exposure-span" value={span} onChange={e => setSpan(e.currentTarget.value as Line['span'])}>
					{SPANS.map(s => <option key={s} value={s}>{t(`span.${s}`)}</option>)}
				</select>
			</div>}
		</div>
		{who && data.rows.length > 0 && <Rules lines={data.rows} span={span} />}
	</section>;
}
