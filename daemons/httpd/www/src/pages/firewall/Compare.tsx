// What a draft changes, in words.
import type { CommonRule } from 'schema/types';
import { fieldOf, forms } from '../../forms';
import { Cell } from '../../list/columns';
import { t } from '../../text';
import { Badge } from '../../ui/bits';
import { Dialog } from '../../ui/Dialog';
import { generalChanges, gone, marks, ruleChanges, type Draft } from './draft';

function Changes({ table, was, row }: { table: string; was: object; row: Record<string, string | number | boolean> }) {
	const form = forms.value[table]!, old = was as typeof row;

	return <ul>{Object.entries(row).flatMap(([k, v]) => {
		const f = fieldOf(form, k);

		return f ? [<li key={k}>{f.label}: <Cell f={f} v={old[k]} /> → <Cell f={f} v={v} /></li>] : [];
	})}</ul>;
}

const place = (rules: readonly CommonRule[], name: string) => rules.findIndex(r => r.name === name) + 1;

export function Compare({ draft, onClose }: { draft: Draft; onClose: () => void }) {
	const general = generalChanges(draft), all = marks(draft);

	return <Dialog kind="drawer" reading title={t('draft.compare.title')} onClose={onClose}>
		{Object.keys(general).length > 0 && <section class="changes"><b>{t('wall.general')}</b>
			<Changes table="firewall" was={draft.from.general} row={general} />
		</section>}
		{draft.to.rules.filter(r => all.has(r.name)).map(r => <section class="changes" key={r.name}>
			<b>{r.name}</b> <Badge tone="info">{t(`mark.${all.get(r.name)!}`)}</Badge>
			{all.get(r.name) === 'changed' && <Changes table="common_rule" was={draft.from.rules.find(x => x.name === r.name)!} row={ruleChanges(draft, r)} />}
			{all.get(r.name) === 'moved' && <p class="sm">{t('draft.moved', { from: place(draft.from.rules, r.name), to: place(draft.to.rules, r.name) })}</p>}
		</section>)}
		{gone(draft).map(r => <section class="changes" key={r.name}><b>{r.name}</b> <Badge tone="danger">{t('mark.gone')}</Badge></section>)}
	</Dialog>;
}
