// The menu. A table gets its page by one line here: its group and its address.
// One that has none appears under "More" by itself.
import type { ComponentType } from 'preact';
import { isAdmin } from './api';
import { access, forms, mayRead } from './forms';
import { Extensions } from './pages/Extensions';
import { Rejected } from './pages/Rejected';
import { Status } from './pages/Status';
import { t, type MsgId } from './text';
import { lazy } from './ui/lazy';

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
	/** A tab of that page, not in the menu itself. */
	under?: string;
}

/* fetched when they are opened */
const Changes = lazy(() => import('./pages/reports/Changes').then(m => m.Changes));
const Firewall = lazy(() => import('./pages/firewall/Firewall').then(m => m.Firewall));
const Service = lazy(() => import('./pages/Service').then(m => m.Service));
const Spend = lazy(() => import('./pages/reports/Spend').then(m => m.Spend));
const Theft = lazy(() => import('./pages/theft/Theft').then(m => m.Theft));

const ITEMS: readonly Item[] = [
	{ group: '', path: '/', page: Status, title: 'nav.status' },
	{ group: 'basic', path: '/basic/extensions', table: 'extension', page: Extensions },
	{ group: 'basic', path: '/basic/call-profiles', table: 'call_profile', under: '/basic/extensions' },
	{ group: 'basic', path: '/basic/trunks', table: 'trunk' },
	{ group: 'basic', path: '/basic/dial-rules', table: 'dial_rule' },
	{ group: 'basic', path: '/basic/dial-plans', table: 'dial_plan', under: '/basic/dial-rules' },
	{ group: 'basic', path: '/basic/outbound', table: 'route_settings', under: '/basic/dial-rules' },
	{ group: 'basic', path: '/basic/inbound', table: 'inbound_rule' },
	{ group: 'advanced', path: '/advanced/pin-sets', table: 'pin_set' },
	{ group: 'advanced', path: '/advanced/pins', table: 'pin', under: '/advanced/pin-sets' },
	{ group: 'advanced', path: '/advanced/pin-locks', table: 'pin_lock', under: '/advanced/pin-sets' },
	{ group: 'advanced', path: '/advanced/time-rules', table: 'time_rule' },
	{ group: 'advanced', path: '/advanced/holidays', table: 'holiday', under: '/advanced/time-rules' },
	{ group: 'advanced', path: '/advanced/credit', table: 'credit' },
	{ group: 'advanced', path: '/advanced/rates', table: 'call_rate', under: '/advanced/credit' },
	{ group: 'advanced', path: '/advanced/emergency', table: 'emergency' },
	{ group: 'advanced', path: '/advanced/sip', table: 'sip_settings' },
	{ group: 'advanced', path: '/advanced/media', table: 'media_settings', under: '/advanced/sip' },
	{ group: 'security', path: '/security/service', table: 'guard_service', page: Service, title: 'service' },
	{ group: 'security', path: '/security/allowed', table: 'allowed_address' },
	{ group: 'security', path: '/security/fail2ban', table: 'guard_service', under: '/security/allowed' },
	{ group: 'security', path: '/security/firewall', table: 'firewall', page: Firewall },
	{ group: 'security', path: '/security/defense', table: 'auto_defense', under: '/security/firewall' },
	{ group: 'security', path: '/security/rejected', table: 'rejected', page: Rejected, under: '/security/firewall' },
	{ group: 'security', path: '/security/local-networks', table: 'local_network', under: '/security/firewall' },
	{ group: 'security', path: '/security/theft', table: 'route_settings', page: Theft, title: 'theft' },
	{ group: 'security', path: '/security/brakes', table: 'brake', under: '/security/theft' },
	{ group: 'security', path: '/security/brakes-now', table: 'brake_count', under: '/security/theft' },
	{ group: 'security', path: '/security/countries', table: 'country_seen', under: '/security/theft' },
	{ group: 'security', path: '/security/alerts', table: 'alert_rule' },
	{ group: 'security', path: '/security/alerts-now', table: 'alert', under: '/security/alerts' },
	{ group: 'system', path: '/system/accounts', table: 'account' },
	{ group: 'system', path: '/system/sessions', table: 'session' },
	{ group: 'system', path: '/system/web', table: 'web_settings' },
	{ group: 'reports', path: '/reports/calls', records: 'cdr' },
	{ group: 'reports', path: '/reports/spend', table: 'usage', page: Spend, title: 'spend' },
	{ group: 'reports', path: '/reports/attacks', records: 'incident' },
	{ group: 'reports', path: '/reports/changes', table: 'local_network', page: Changes, title: 'changes' },
	{ group: 'reports', path: '/reports/sign-ins', records: 'audit' },
];

/* shown on other pages */
const ELSEWHERE = new Set(['binding', 'call', 'common_rule', 'trunk_state']);

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

	const all = [...ITEMS, ...more].filter(i => i.records ? isAdmin() || mayRecords(i.records)
		: !i.table || mayRead(i.table));

	/* a tab whose page is not there stands by itself */
	return all.map(i => i.under && !all.some(a => a.path === i.under) ? { ...i, under: undefined } : i);
}

/** The page and its tabs; nothing where it is alone. */
export function tabsOf(all: readonly Item[], item: Item): Item[] {
	const head = item.under ?? item.path, family = all.filter(i => i.path === head || i.under === head);

	return family.length > 1 ? family : [];
}
