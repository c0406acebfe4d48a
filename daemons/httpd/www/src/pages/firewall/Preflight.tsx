// Who used the box in the last week, what drop all would do to each, and the rule
// that lets it in.
import type { CommonRule } from 'schema/types';
import { useRows } from '../../data';
import { enumText, t, tn } from '../../text';
import { Ago, Badge, Muted } from '../../ui/bits';
import type { Editing } from './useDraft';

interface Flow {
	service: string;
	protocol: string;
	source: string;
	who: string;
	last_ms: number;
	cut: boolean;
	why: string;
	rule_port: string;
	rule_protocol: string;
	rule_source: string;
}

/* so many are looked at; those that would be cut come first */
const SHOWN = 12;

/** A name no rule has yet. */
function nameOf(f: Flow, taken: ReadonlySet<string>): string {
	const stem = `${f.service}-${f.rule_source || 'all'}`.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 28);
	let name = stem;

	for (let n = 2; taken.has(name); n++)
		name = `${stem}-${n}`;
	return name;
}

const lets = (r: CommonRule, f: Flow): boolean => r.enabled && r.action === 'accept' && r.port === f.rule_port
	&& r.protocol === f.rule_protocol && r.source === f.rule_source;

function add(editing: Editing, flows: readonly Flow[]): void {
	editing.change(w => {
		const rules = [...w.rules];

		for (const f of flows) {
			if (rules.some(r => lets(r, f)))
				continue;
			rules.push({
				name: nameOf(f, new Set(rules.map(r => r.name))), enabled: true, action: 'accept', protocol: f.rule_protocol as CommonRule['protocol'],
				port: f.rule_port, source: f.rule_source, mac: '', note: t('preflight.note'),
			});
		}
		return { ...w, rules };
	});
}

export function Preflight({ editing, may }: { editing: Editing; may: boolean }) {
	const data = useRows<Flow>('/methods/fwd/Preflight', (name, d) => (name === 'changed' && (d as { daemon: string }).daemon === 'fwd')
		|| (name === 'daemon' && (d as { name: string }).name === 'fwd'));
	const drafted = (f: Flow) => !!editing.draft && editing.wall!.rules.some(r => lets(r, f));
	const flows = [...data.rows].sort((a, b) => Number(b.cut) - Number(a.cut) || b.last_ms - a.last_ms);
	const open = flows.filter(f => f.cut && !drafted(f) && f.rule_protocol);

	if (!data.ready || data.error || !flows.length)
		return null;
	return <section aria-labelledby="preflight">
		<h3 id="preflight">{t('preflight')}</h3>
		<p class={`sm ${open.length ? 'bad' : 'muted'}`} role="status">{open.length ? tn('preflight.cut', open.length) : t('preflight.fine')}</p>
		<ul class="preflight">{flows.slice(0, SHOWN).map(f => <li key={`${f.service} ${f.protocol} ${f.source} ${f.who}`}>
			<span class={`mark ${f.cut && !drafted(f) ? 'danger' : 'ok'}`} aria-hidden="true">{f.cut && !drafted(f) ? '✕' : '✓'}</span>
			<span class="grow"><b>{enumText(f.service)}</b> <span class="mono">{f.source}</span> {f.who && <>{f.who} </>}
				<Muted>{f.why} · <Ago ms={f.last_ms} /></Muted>
				<span class="vh">{t(f.cut ? 'preflight.would' : 'preflight.passes')}</span></span>
			{drafted(f) && f.cut && <Badge tone="info">{t('preflight.drafted')}</Badge>}
			{may && f.cut && !drafted(f) && f.rule_protocol && <button class="small" onClick={() => add(editing, [f])}>{t('preflight.add')}<span class="vh"> {f.source}</span></button>}
		</li>)}</ul>
		{flows.length > SHOWN && <p class="sm muted">{t('csv.more', { n: flows.length - SHOWN })}</p>}
		{may && open.length > 1 && <button onClick={() => add(editing, open)}>{tn('preflight.all', open.length)}</button>}
	</section>;
}
