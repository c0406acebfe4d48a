// One address that is shut out: whose it may be, and all that is known of it.
import type { Rejected } from 'schema/types';
import type { Column } from '../list/useList';
import { t } from '../text';
import { Dialog } from '../ui/Dialog';
import { Whose } from './Whose';

export function RejectedRow({ ban, columns, onClose }: { ban: Rejected; columns: readonly Column<Rejected>[]; onClose: () => void }) {
	return <Dialog kind="drawer" reading title={t('rejected.of', { source: ban.source })} onClose={onClose}>
		<dl class="facts">
			<Whose source={ban.source} />
			{columns.map(c => <div key={c.id}><dt>{c.label}</dt><dd>{c.cell(ban)}</dd></div>)}
		</dl>
		<p class="sm"><a href={`#/reports/attacks?source=${encodeURIComponent(ban.source)}`}>{t('find.attacks.at')}</a></p>
	</Dialog>;
}
