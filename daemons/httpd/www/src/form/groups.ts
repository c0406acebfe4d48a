// Which fields of a long form stay folded, and under what title. A field that is
// not named here is seen at once.
import type { Form } from '../forms';
import type { MsgId } from '../text';

export interface Group { title: MsgId; fields: readonly string[] }

const GROUPS: Readonly<Record<string, readonly Group[]>> = {
	trunk: [
		{ title: 'group.identity', fields: ['caller_id', 'caller_name', 'identity', 'privacy'] },
		{ title: 'group.money', fields: ['max_calls', 'countries', 'rates', 'provider_limit_milli', 'provider_limit_on'] },
		{
			title: 'group.wire', fields: ['port', 'domain', 'addresses', 'auth_user', 'realm', 'register_s', 'qualify_s', 'codecs', 'failover',
				'check_certificate', 'ca_file', 'srtp'],
		},
	],
};

export const groupsOf = (form: Form): readonly Group[] => GROUPS[form.name] ?? [];
