// "CSV": a list as a file, and a file as a list.
import { useState } from 'preact/hooks';
import type { Row } from '../api';
import type { Form } from '../forms';
import { t } from '../text';
import { lazy } from '../ui/lazy';
import { Menu } from '../ui/Menu';
import type { Made } from '../ui/ShownOnce';

export interface CsvProps {
	form: Form;
	rows: readonly Row[];
	may: boolean;
	/** Secrets that the box made, to be shown once. */
	onDone: (made: Made[]) => void;
}

const CsvImport = lazy(() => import('./CsvImport').then(m => m.CsvImport));

async function save(form: Form, rows: readonly Row[]): Promise<void> {
	const [{ saveFile }, { rowsToCsv }] = await Promise.all([import('../csv'), import('./rowsCsv')]);

	saveFile(`${form.name}.csv`, rowsToCsv(form, rows));
}

export function Csv(p: CsvProps) {
	const [open, setOpen] = useState(false);

	return <>
		<Menu label={t('csv')}>
			{p.may && <button type="button" class="ghost" onClick={() => setOpen(true)}>{t('csv.in')}</button>}
			<button type="button" class="ghost" onClick={() => { void save(p.form, p.rows); }}>{t('csv.out')}</button>
		</Menu>
		{open && <CsvImport {...p} onClose={() => setOpen(false)} />}
	</>;
}
