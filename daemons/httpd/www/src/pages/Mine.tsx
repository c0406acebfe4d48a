// Who signed in with an extension: what happens with its phone, as it happens.
import { useEffect, useState } from 'preact/hooks';
import { login } from '../api';
import { connected, listen, on } from '../live';
import { signOut } from '../Shell';
import { enumText, t } from '../text';
import { Logo, Moment } from '../ui/bits';

interface Call { call: string; state: string; at_ms: number; caller: string; callee: string }
interface Binding { op: string; at_ms: number; source: string; user_agent: string }
interface Line { at_ms: number; text: string }

const KEPT = 20;

export function Mine() {
	const [lines, setLines] = useState<Line[]>([]), number = login.value?.account ?? '';

	useEffect(() => {
		const add = (line: Line) => setLines(old => [line, ...old].slice(0, KEPT));
		const stops = [listen(),
			on('call', d => {
				const c = d as Call;

				add({ at_ms: c.at_ms, text: t('mine.call', { from: c.caller, to: c.callee, state: enumText(c.state) }) });
			}),
			on('binding', d => {
				const b = d as Binding;

				add({ at_ms: b.at_ms, text: t('mine.phone', { phone: b.user_agent || b.source, op: enumText(b.op) }) });
			})];

		document.title = t('title', { page: t('mine', { number }) });
		return () => stops.forEach(stop => stop());
	}, []);
	return <main class="gate">
		<div class="gate-brand"><Logo />Sallyport</div>
		<section class="card gate-card">
			<h1>{t('mine', { number })}</h1>
			<p class="muted"><span class={`dot ${connected.value ? 'ok' : 'danger'}`} />{t(connected.value ? 'mine.live' : 'live.down')}</p>
			{lines.length > 0 && <ul class="lines" aria-live="polite">
				{lines.map((l, i) => <li key={`${l.at_ms}-${lines.length - i}`}><Moment ms={l.at_ms} /> {l.text}</li>)}
			</ul>}
			<button onClick={() => { void signOut(); }}>{t('signout')}</button>
		</section>
	</main>;
}
