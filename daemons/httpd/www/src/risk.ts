// How dangerous a dial rule is. The box decides (routed/plan/risk.c); here is how
// it is asked and said.
import { get, type Row } from './api';
import { t } from './text';

export interface Risk {
	dial_rule: string;
	risk: 'local' | 'mobile' | 'international' | 'premium';
	why: string;
	unknown: string;
	guard: 'none' | 'pin' | 'hours' | 'cap';
}

export const RISKS = '/methods/routed/Risks';

/* the rule's own fields, in the words of the question */
const FIELDS = ['pattern', 'strip', 'prepend', 'trunks', 'pin_set', 'time_rule'];

/** The question for one rule, saved or not. */
export const riskPath = (rule: Row): string =>
	`${RISKS}?${new URLSearchParams({ dial_rule: String(rule['name'] ?? ''), ...Object.fromEntries(FIELDS.map(f => [f, String(rule[f] ?? '')])) })}`;

export const riskOf = async (rule: Row): Promise<Risk | undefined> => (await get<{ rows: Risk[] }>(riskPath(rule))).rows[0];

const GRADES = ['local', 'mobile', 'international', 'premium'];

/** It leaves the country, and no PIN, no hours and no limit stand before it. */
export const isOpen = (r: Risk): boolean => (r.risk === 'international' || r.risk === 'premium') && r.guard === 'none';

export const worse = (is: Risk | undefined, was: Risk | undefined): boolean => !!is && isOpen(is)
	&& !(was && isOpen(was) && GRADES.indexOf(was.risk) >= GRADES.indexOf(is.risk));

const sentence = (s: string) => s && `${s.charAt(0).toUpperCase()}${s.slice(1)}.`;

export const riskText = (r: Risk): string => [sentence(r.why), sentence(r.unknown), r.guard === 'none' ? '' : t(`risk.by.${r.guard}`)].filter(Boolean).join(' ');
