// All PINs of a set made anew: for when a slip was lost, or somebody left.
import type { Pin } from 'schema/types';
import { applyRows, asError, type Op } from '../api';
import { t, tn } from '../text';
import { Confirm } from '../ui/confirm';
import type { Made } from '../ui/ShownOnce';
import { toast } from '../ui/toast';
import type { RowProps } from './extras';

/* so many are one transaction of the box; more than ten are confirmed by a word */
const CHUNK = 500, MANY = 10;

/** What was made is told even when a later part fails: nobody can read it again. */
async function replace(pins: readonly Pin[]): Promise<Made[]> {
	const ops = pins.map((p): Op => ({ op: 'put', key: p.name, row: { pin: '' } })), made: Made[] = [];

	for (let i = 0; i < ops.length; i += CHUNK) {
		try {
			const s = await applyRows('routed', 'pin', ops.slice(i, i + CHUNK));

			made.push(...pins.slice(i, i + CHUNK).map(p => ({ who: p.name, name: p.holder, secret: s.made[p.name]?.['pin'] ?? '' })));
		} catch (e) {
			if (!made.length)
				throw e;
			toast(t('pins.all.part', { n: made.length, of: ops.length, why: asError(e).message }));
			break;
		}
	}
	return made;
}

interface Props { set: string; pins: readonly Pin[]; show: RowProps['show']; onClose: () => void }

export const ReplacePins = ({ set, pins, show, onClose }: Props) =>
	<Confirm danger title={t('pins.all.title', { name: set })} text={tn('pins.all.text', pins.length)} action={t('pins.all.do')}
		typed={pins.length > MANY ? set : undefined} onClose={onClose} onYes={async () => show(await replace(pins))} />;
