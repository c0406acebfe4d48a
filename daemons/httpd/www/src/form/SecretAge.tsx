// "Set 3 days ago": when a secret that nobody can read was given last, and by
// whom, as the table's journal has it.
import { useEffect, useState } from 'preact/hooks';
import { get, tablePath, type Row } from '../api';
import type { Form } from '../forms';
import { t } from '../text';
import { Ago } from '../ui/bits';

interface Entry { time: number; actor: string; key: string; secrets: string[] }

/* further back it is just old */
const LOOK = 1000;

export function SecretAge({ form, row, field }: { form: Form; row: Row; field: string }) {
	const [entry, setEntry] = useState<Entry>(), key = String(row[form.key]);

	useEffect(() => {
		void get<{ rows: Entry[] }>(`${tablePath(form.owner, form.name)}/_journal?limit=${LOOK}`)
			.then(a => setEntry(a.rows.find(e => e.key === key && e.secrets.includes(field))), () => undefined);
	}, [key]);
	return <>{entry && <>{t('secret.set')} <Ago ms={entry.time} /> {t('secret.by', { who: entry.actor.split('@')[0] ?? '' })} </>}{t('field.kept')}</>;
}
