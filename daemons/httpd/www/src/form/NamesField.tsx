// Several rows named elsewhere, in an order that counts: the first is tried first.
import type { Field } from '../forms';
import { t } from '../text';
import { useOptions } from './RefField';

interface Props { f: Field; id: string; value: string; disabled?: boolean; about?: string; onInput: (v: string) => void }

export function NamesField({ f, id, value, disabled, about, onInput }: Props) {
	const { options, known } = useOptions(f), chosen = value.split('\n').filter(Boolean);
	const left = options.filter(o => !chosen.includes(o.key)), there = new Set(options.map(o => o.key));
	const set = (names: string[]) => onInput(names.join('\n'));

	const up = (i: number) => set(chosen.map((n, k) => k === i - 1 ? chosen[i]! : k === i ? chosen[i - 1]! : n));

	return <div class="names" role="group" aria-labelledby={`${id}-l`} aria-describedby={about} id={id} tabIndex={-1}>
		{chosen.length > 0 && <ol>{chosen.map((n, i) => <li key={n}>
			<span class="grow">{known && !there.has(n) ? t('ref.gone', { name: n }) : n}</span>
			{i > 0 && <button type="button" class="ghost icon small" disabled={disabled} aria-label={t('order.up', { what: n })} onClick={() => up(i)}>↑</button>}
			<button type="button" class="ghost icon small" disabled={disabled} aria-label={t('names.remove', { name: n })}
				onClick={() => set(chosen.filter(x => x !== n))}>×</button>
		</li>)}</ol>}
		{left.length > 0 && <select aria-label={t('names.add', { what: f.label })} disabled={disabled} value=""
			onChange={e => { set([...chosen, e.currentTarget.value]); e.currentTarget.value = ''; }}>
			<option value="">{t('names.add', { what: f.label })}</option>
			{left.map(o => <option key={o.key} value={o.key}>{o.text}</option>)}
		</select>}
		{!chosen.length && !left.length && <span class="muted sm">{t('names.none')}</span>}
	</div>;
}
