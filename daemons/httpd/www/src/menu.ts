// The menu. A table gets its page by one line here: its group and its address.
// One that has none appears under "More" by itself.
import type { ComponentType } from 'preact';
import { isAdmin } from './api';
import { access, forms, mayRead } from './forms';
import { Extensions } from './pages/Extensions';
import { Rejected } from './pages/Rejected';
import { Status } from './pages/Status';
import { t, type MsgId } from './text';

export type Group = '' | 'basic' | 'advanced' | 'security' | 'system' | 'reports' | 'more';

export interface Item {
	group: Group;
	path: string;
	/** Shown by the generic page of this table, or of these records... */
	table?: string;
	records?: 'cdr' | 'incident' | 'audit';
	/** ...or by a page of its own. */
	page?: ComponentType;
	/** Else the title the schema gives. */
	title?: MsgId;
}

const ITEMS: readonly Item[] = [
	{ group: '', path: '/', page: Status, title: 'nav.status' },
	{ group: 'basic', path: '/basic/extensions', table: 'extension', page: Extensions },
	{ group: 'basic', path: '/basic/call-profiles', table: 'call_profile' },
	{ group: 'basic', path: '/basic/emergency', table: 'emergency' },
	{ group: 'advanced', path: '/advanced/sip', table: 'sip_settings' },
	{ group: 'advanced', path: '/advanced/media', table: 'media_settings' },
	{ group: 'security', path: '/security/rejected', table: 'rejected', page: Rejected },
	{ group: 'security', path: '/security/allowed', table: 'allowed_address' },
	{ group: 'security', path: '/security/fail2ban', table: 'guard_service' },
	{ group: 'security', path: '/security/firewall', table: 'firewall' },
	{ group: 'security', path: '/security/local-networks', table: 'local_network' },
	{ group: 'system', path: '/system/accounts', table: 'account' },
	{ group: 'system', path: '/system/sessions', table: 'session' },
	{ group: 'system', path: '/system/web', table: 'web_settings' },
	{ group: 'reports', path: '/reports/calls', records: 'cdr' },
	{ group: 'reports', path: '/reports/attacks', records: 'incident' },
	{ group: 'reports', path: '/reports/sign-ins', records: 'audit' },
];

/* shown on other pages */
const ELSEWHERE = new Set(['binding', 'call']);

export const GROUPS: readonly Group[] = ['', 'basic', 'advanced', 'security', 'system', 'reports', 'more'];
export const groupTitle = (g: Group): string => g && t(`nav.${g}`);
export const titleOf = (i: Item): string => i.title ? t(i.title) : forms.value[i.table ?? i.records ?? '']?.title ?? '';

/** Who may call what an httpd role table says; the box checks it again. */
const mayRecords = (r: Item['records']): boolean => r === 'cdr' || mayRead('rejected');

/** What this session may see. */
export function items(): Item[] {
	const known = new Set(ITEMS.map(i => i.table));
	const more = access.value.filter(a => a.kind === 'table' && !known.has(a.table) && !ELSEWHERE.has(a.table))
		.map((a): Item => ({ group: 'more', path: `/more/${a.table}`, table: a.table }));

	return [...ITEMS, ...more].filter(i => i.records ? isAdmin() || mayRecords(i.records)
		: !i.table || mayRead(i.table));
}
