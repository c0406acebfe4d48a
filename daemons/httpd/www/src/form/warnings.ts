// What a person should know before such a choice is saved. The box takes these
// values; that they are dangerous is another matter.
import { t, tn, type MsgId } from '../text';
import type { Edit } from './values';

export interface Notice { text: string; danger: boolean }

type Rule = (edit: Edit) => Notice | undefined;

const warn = (id: MsgId, when: boolean): Notice | undefined => when ? { text: t(id), danger: true } : undefined;
const figure = (v: Edit[string] | undefined): number => Number(String(v ?? '').trim());

/* by table and field */
const RULES: Readonly<Record<string, Rule>> = {
	'trunk.check_certificate': e => warn('warn.certificate', e['transport'] === 'tls' && e['check_certificate'] === false),
	'sip_settings.tls_port': e => warn('warn.notls', figure(e['tls_port']) === 0),
	'guard_service.enabled': e => warn('warn.unguarded', e['enabled'] === false),
	'guard_service.tries': e => warn('warn.tries', figure(e['tries']) > 20),
	'guard_service.trust_local': e => warn('warn.untrusted', e['trust_local'] === false),
	'web_settings.idle_s': e => warn('warn.idle', figure(e['idle_s']) > 4 * 3600),
	'brake.action': e => warn('warn.brake.alert', e['action'] === 'alert' && figure(e['act']) > 0),
	'firewall.enabled': e => warn('points.wall', e['enabled'] === false),
	/* a call takes two pairs of ports */
	'media_settings.port_max': e => {
		const calls = Math.floor((figure(e['port_max']) - figure(e['port_min']) + 1) / 4);

		return calls > 0 ? { text: tn('hint.calls', calls), danger: false } : undefined;
	},
};

export const noticeOf = (table: string, field: string, edit: Edit): Notice | undefined => RULES[`${table}.${field}`]?.(edit);
