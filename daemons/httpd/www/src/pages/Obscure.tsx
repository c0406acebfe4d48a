// An obscure prefix: three random digits before what a rule takes, cut off again
// before it is sent. Who does not know them gets nowhere (the guide, 4.2).
import type { Emergency, Extension } from 'schema/types';
import { useTable } from '../data';
import type { Editing } from '../form/useEdit';
import { t } from '../text';

const LENGTH = 3, ROUNDS = 200;

/** Nobody's first guess: no leading 0, no run, no digit twice in a row. */
function isDull(prefix: string): boolean {
	const steps = [...prefix].slice(1).map((c, i) => Number(c) - Number(prefix[i]));

	return prefix.startsWith('0') || steps.includes(0) || steps.every(s => s === steps[0]);
}

/** Digits that no emergency number and no extension begins with. */
function makePrefix(taken: readonly string[]): string {
	for (let i = 0; i < ROUNDS; i++) {
		const n = crypto.getRandomValues(new Uint32Array(1))[0]! % 10 ** LENGTH, prefix = String(n).padStart(LENGTH, '0');

		if (!isDull(prefix) && !taken.some(x => x.startsWith(prefix) || prefix.startsWith(x)))
			return prefix;
	}
	return '';
}

/** Three plain digits that are cut off again. */
export const hasPrefix = (pattern: string, strip: number): boolean => strip >= LENGTH && /^_?[1-9]\d\d/.test(pattern);

export function Obscure({ editing }: { editing: Editing }) {
	const numbers = useTable<Emergency>('routed', 'emergency').rows.map(e => e.number);
	const phones = useTable<Extension>('sipd', 'extension').rows.map(e => e.number);
	const pattern = String(editing.edit['pattern']).trim(), strip = Number(editing.edit['strip']) || 0;

	if (!pattern || editing.errors['pattern'])
		return null;
	if (hasPrefix(pattern, strip))
		return <p class="help">{t('obscure.is', { prefix: pattern.replace(/^_/, '').slice(0, LENGTH) })}</p>;
	const make = () => {
		const prefix = makePrefix([...numbers, ...phones]);

		if (!prefix)
			return;
		editing.set('pattern', prefix + pattern.replace(/^_/, ''));
		editing.set('strip', String(strip + LENGTH));
	};

	return <div class="line">
		<button type="button" onClick={make}>{t('obscure')}</button>
		<span class="help grow">{t('obscure.help')}</span>
	</div>;
}
