// What is asked once before it is saved: the box takes it, and a thief would
// like it. The answer is text for a person, or nothing to ask.
import type { Row } from '../api';
import { riskOf, riskText, worse } from '../risk';
import { t } from '../text';

type Question = (now: Row, was: Row | undefined) => Promise<string>;

const NONE = '';

/* A rule that lets calls abroad while nothing stands before it; not again for
   one that did so already. */
async function openRule(now: Row, was: Row | undefined): Promise<string> {
	if (now['enabled'] === false)
		return NONE;
	const [is, old] = await Promise.all([riskOf(now), was && was['enabled'] !== false ? riskOf(was) : undefined]);

	return worse(is, old) ? `${riskText(is!)} ${t('risk.open')}` : NONE;
}

/* by table */
const QUESTIONS: Readonly<Record<string, Question>> = { dial_rule: openRule };

/** What the box refuses anyway is no question. */
export const consent = (table: string, now: Row, was: Row | undefined): Promise<string> =>
	QUESTIONS[table]?.(now, was).catch(() => NONE) ?? Promise.resolve(NONE);
