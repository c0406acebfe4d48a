// What a thief could do with one phone's password, and the switch that ends it all.
import { PageHead } from '../../ui/bits';
import { t } from '../../text';
import { Exposure } from './Exposure';
import { KillSwitch } from './KillSwitch';

export const Theft = () => <>
	<PageHead title={t('theft')} />
	<p class="lead">{t('theft.lead')}</p>
	<KillSwitch />
	<Exposure />
</>;
