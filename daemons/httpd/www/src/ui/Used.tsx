// How much of a cap is used, and what calls hold of it now.
import { t } from '../text';
import { Muted } from './bits';

interface Props { used: number; held: number; most: number; say: (n: number) => string }

export const Used = ({ used, held, most, say }: Props) => most ? <span class="num">
	{t('spend.of', { used: say(used), most: say(most) })}{held > 0 && <Muted> {t('spend.held', { held: say(held) })}</Muted>}
</span> : <Muted>–</Muted>;
