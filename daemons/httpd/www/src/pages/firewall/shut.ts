// A network that the list of rejected addresses would have shut out whole: a
// rule in front of all others, in the draft until it is tried. Pure.
import type { CommonRule } from 'schema/types';
import type { Form } from '../../forms';
import type { Wall } from './draft';

export const blankRule = (form: Form): CommonRule =>
	Object.fromEntries(form.fields.map(f => [f.name, f.default ?? ''])) as unknown as CommonRule;

/** The /24 around an IPv4 address; none of a network, and an IPv6 ban is of a whole /64 already. */
export function networkOf(source: string): string {
	const three = /^(\d+\.\d+\.\d+)\.\d+$/.exec(source)?.[1];

	return three ? `${three}.0/24` : '';
}

/** The wall with a rule that drops all from `network`; as it was, where one does or it is no network. */
export function withShut(wall: Wall, form: Form, network: string): Wall {
	const name = `shut-${network.replace(/[./]/g, '-')}`;

	if (!/^\d+(\.\d+){3}\/24$/.test(network) || wall.rules.some(r => r.name === name))
		return wall;
	return { ...wall, rules: [{ ...blankRule(form), name, enabled: true, action: 'drop', protocol: 'any', source: network }, ...wall.rules] };
}
