// The search over all pages: type, choose by the arrow keys, Enter opens.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { go } from '../route';
import { t, tn } from '../text';
import { Dialog } from '../ui/Dialog';
import { everything, find, type Hit } from './find';

function Hits({ hits, at, open }: { hits: readonly Hit[]; at: number; open: (h: Hit) => void }) {
	return <ul class="hits" id="find-hits" role="listbox" aria-label={t('find.hits')}>
		{hits.map((h, i) => <li key={`${h.kind} ${h.title} ${h.href}`} id={`hit-${i}`} role="option" aria-selected={i === at} onClick={() => open(h)}>
			<span class="grow"><b>{h.title}</b> <span class="muted sm">{h.detail}</span></span>
			<span class="muted sm">{h.kind}</span>
		</li>)}
	</ul>;
}

export function Finder({ onClose }: { onClose: () => void }) {
	const [all, setAll] = useState<Hit[]>([]), [q, setQ] = useState(''), [at, setAt] = useState(0);
	const hits = useMemo(() => find(all, q), [all, q]);

	const open = (h: Hit | undefined) => {
		if (!h)
			return;
		onClose();
		go(h.href.slice(1));
	};
	const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
	const key = (e: KeyboardEvent) => {
		const by = steps[e.key];

		if (!by || !hits.length)
			return;
		e.preventDefault();
		setAt((at + by + hits.length) % hits.length);
	};

	useEffect(() => { void everything().then(setAll); }, []);
	useEffect(() => { document.getElementById(`hit-${at}`)?.scrollIntoView({ block: 'nearest' }); }, [at]);
	return <Dialog title={t('find')} onClose={onClose} onSubmit={() => open(hits[at])}>
		<input id="find-q" type="search" role="combobox" list={undefined} autocomplete="off" spellcheck={false} aria-label={t('find.label')}
			aria-expanded={hits.length > 0} aria-controls={hits.length ? 'find-hits' : undefined} aria-autocomplete="list" autofocus
			aria-activedescendant={hits.length ? `hit-${at}` : undefined} placeholder={t('find.label')} value={q} onKeyDown={key}
			onInput={e => { setQ(e.currentTarget.value); setAt(0); }} />
		{hits.length > 0 && <Hits hits={hits} at={at} open={open} />}
		<p class="muted sm" role="status">{!q.trim() ? t('find.help') : hits.length ? tn('find.found', hits.length) : t('find.none')}</p>
	</Dialog>;
}
