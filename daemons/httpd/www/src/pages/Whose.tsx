// Whose an address may be, as two facts of a drawer: its name by reverse DNS, and
// its network. The box is asked when this is looked at, and asks DNS only if its
// settings say so. A name is a stranger's text.
import { useEffect, useState } from 'preact/hooks';
import { asError, get } from '../api';
import { mayWrite } from '../forms';
import { t } from '../text';
import { Badge, Muted } from '../ui/bits';

/** name_answer of the schema. */
interface Found { network: string; state: 'confirmed' | 'claimed' | 'none' | 'silent' | 'off'; name: string }

function Name({ of: { state, name } }: { of: Found }) {
	switch (state) {
	case 'confirmed':
		return <><span class="mono">{name}</span> <Badge tone="ok">{t('whose.confirmed')}</Badge></>;
	case 'claimed':
		return <>
			{t('whose.says')} <span class="mono">{name}</span> <Badge tone="warn">{t('whose.claimed')}</Badge>
			<div class="sm muted">{t('whose.claimed.why')}</div>
		</>;
	case 'none':
		return <Muted>{t('whose.none')}</Muted>;
	case 'silent':
		return <Muted>{t('whose.silent')}</Muted>;
	case 'off':
		return <><Muted>{t('whose.off')}</Muted> {mayWrite('web_settings') && <a href="#/system/web">{t('whose.switch')}</a>}</>;
	}
}

function useFound(source: string): { found?: Found; error?: string } {
	const [said, setSaid] = useState<{ found?: Found; error?: string }>({});

	useEffect(() => {
		let mine = true;

		get<Found>(`/names/${encodeURIComponent(source)}`).then(found => ({ found }), e => ({ error: asError(e).message }))
			.then(s => { if (mine) setSaid(s); });
		return () => { mine = false; };
	}, [source]);
	return said;
}

function Address({ source }: { source: string }) {
	const { found, error } = useFound(source);

	return <>
		<div>
			<dt>{t('whose.name')}</dt>
			<dd><div role="status">{found ? <Name of={found} /> : <Muted>{error ?? t('whose.asking')}</Muted>}</div></dd>
		</div>
		{found && <div><dt>{t('whose.network')}</dt><dd class="mono">{found.network}</dd></div>}
	</>;
}

/** Of one address; a network has no name. */
export const Whose = ({ source }: { source: string }) => source.includes('/')
	? <div><dt>{t('whose.name')}</dt><dd><Muted>{t('whose.many')}</Muted></dd></div> : <Address source={source} />;
