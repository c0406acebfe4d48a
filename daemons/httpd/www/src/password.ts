// SPEC 2 as far as a browser can know it: the box has the last word, it knows
// the common passwords and what else is in use.
import { t } from './text';

const SPECIALS = '$#*!%+-.:=?@_';
const SETS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', SPECIALS];
const MADE = 16, SHORTEST = 10, PASSPHRASE = 16, RUN = 4;

export interface Strength { score: 0 | 1 | 2 | 3 | 4; why: string }

function pick(set: string): string {
	const limit = 256 - (256 % set.length), one = new Uint8Array(1);

	do
		crypto.getRandomValues(one);
	while (one[0]! >= limit);
	return set[one[0]! % set.length]!;
}

/** aaaa, 1234, dcba: steps of the same size, none or one. */
function hasRun(s: string): boolean {
	let length = 1, last = NaN;

	for (let i = 1; i < s.length; i++) {
		const step = s.charCodeAt(i) - s.charCodeAt(i - 1);

		length = Math.abs(step) > 1 ? 1 : step === last ? length + 1 : 2;
		last = step;
		if (length >= RUN)
			return true;
	}
	return false;
}

/** A strong password of 16 characters without look-alikes. */
export function makePassword(): string {
	for (;;) {
		const s = Array.from({ length: MADE }, () => pick(SETS.join(''))).join('');

		if (strength(s).score === 4)
			return s;
	}
}

/** Four letters and digits to tell this administrator from all others. */
export const makeSuffix = (): string => pick(SETS[0]!) + pick(SETS[1]!) + pick(SETS[0]!) + pick(SETS[2]!);

/** `words` must not be in it: the name, the number, the company. */
export function strength(secret: string, words: readonly string[] = []): Strength {
	const low = secret.toLowerCase();
	const classes = [/[A-Z]/, /[a-z]/, /[0-9]/, /[$#*!%+\-.:=?@_]/].filter(c => c.test(secret)).length;
	const inside = words.flatMap(w => w.toLowerCase().split(/\s+/))
		.find(w => w.length > 2 && low.includes(w));

	if (!secret)
		return { score: 0, why: '' };
	if (inside)
		return { score: 1, why: t('password.contains', { word: inside }) };
	if (hasRun(low))
		return { score: 1, why: t('password.run') };
	if (secret.length < SHORTEST)
		return { score: 1, why: t('password.short', { n: SHORTEST }) };
	if (classes < 4 && secret.length < PASSPHRASE)
		return { score: 2, why: t('password.classes') };
	if (new Set(secret).size < 6)
		return { score: 2, why: t('password.same') };
	return { score: secret.length >= 14 ? 4 : 3, why: '' };
}
