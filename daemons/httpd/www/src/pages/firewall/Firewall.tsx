// Firewall: the switches and the common rules. What is changed here is a draft
// until it is tried; a trial goes back by itself unless it is kept.
import { useEffect, useState } from 'preact/hooks';
import { forms, mayWrite } from '../../forms';
import { query, setQuery } from '../../route';
import { t } from '../../text';
import { Failed, PageHead, Skeleton } from '../../ui/bits';
import { DraftBar, TrialBar } from './Bars';
import { General } from './General';
import { Rules } from './Rules';
import { withShut } from './shut';
import { useTrial } from './trial';
import { useDraft } from './useDraft';
import { Would } from './Would';

export function Firewall() {
	const editing = useDraft(), trial = useTrial(), [would, setWould] = useState(false), may = mayWrite('common_rule') && mayWrite('firewall');

	useEffect(() => {
		const warn = (e: BeforeUnloadEvent) => { if (editing.draft) e.preventDefault(); };

		addEventListener('beforeunload', warn);
		return () => removeEventListener('beforeunload', warn);
	}, [!editing.draft]);
	/* from the list of rejected addresses: ?shut=203.0.113.0/24 */
	const shut = query.value.get('shut');

	useEffect(() => {
		if (!shut || !editing.wall)
			return;
		setQuery({ shut: '' });
		if (may)
			editing.change(w => withShut(w, forms.value['common_rule']!, shut));
	}, [shut, !editing.wall]);
	return <>
		<PageHead title={t('wall')}>
			<button onClick={() => setWould(true)}>{t('would')}</button>
		</PageHead>
		<TrialBar trial={trial} done={editing.reload} />
		<DraftBar editing={editing} trial={trial} />
		{editing.error && <Failed error={editing.error} at={editing.at} retry={editing.reload} />}
		{editing.wall ? <>
			<General editing={editing} may={may} />
			<Rules editing={editing} may={may} />
		</> : <Skeleton />}
		{would && <Would draft={!!editing.draft} onClose={() => setWould(false)} />}
	</>;
}
