import { useState } from 'react';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Schema } from '@/api/client';
import { ApiError } from '@/api/problem';
import { faultsOf, type Fault } from './faults';
import { textOf } from './html';
import { fill, type Person } from './liquid';
import { previewQuery, type Message } from './queries';
import type { Draft } from './useDraft';

/** As the server makes it up where no client is chosen. */
const someone: Person = { email: 'anna@example.org', full_name: 'Анна Смирнова', attributes: {} };

/** How long nothing is typed before the server is asked, in ms. */
const PAUSE = 400;

export interface Shown {
  subject: string;
  html: string;
  text: string;
  /** False where something stands as it is written, because only the server could fill it in. */
  exact: boolean;
}

function fillHere({ subject, html, text }: Draft, person: Person): Shown {
  const filled = [fill(html, person, true), fill(subject, person, false)];
  return {
    html: filled[0]?.text ?? '',
    subject: filled[1]?.text ?? '',
    text: fill(text || textOf(html), person, false).text,
    exact: filled.every(({ exact }) => exact),
  };
}

const isEmpty = ({ html, text }: Draft) => html.trim() === '' && text.trim() === '';

/**
 * What a client would get of the message as it stands in the editor: the server's word for it once nothing was typed for a
 * moment, and the browser's own where there is nothing yet that the server knows of. Answers to what is not written there
 * any more are dropped.
 */
export function usePreview(
  draft: Draft,
  message: Message | undefined,
  dirty: boolean,
  client: Schema<'Client'> | null,
) {
  const [settled] = useDebouncedValue(draft, PAUSE);
  const here = message === undefined || (dirty && isEmpty(draft));
  const server = useQuery({
    ...previewQuery(message, client?.id, dirty ? settled : undefined),
    placeholderData: keepPreviousData,
    enabled: !here,
    retry: (count, error) => !(error instanceof ApiError && error.status < 500) && count < 2,
  });
  const faults: Fault[] = !here && server.error instanceof ApiError ? faultsOf(server.error.fields) : [];
  const [last, setLast] = useState(server.data);
  if (server.data && server.data !== last) setLast(server.data);
  const found = server.data ?? (faults.length > 0 ? last : undefined);
  const noSubject = dirty && draft.subject.trim() === '';
  const shown: Shown | undefined = here
    ? fillHere(draft, client ?? someone)
    : found && { ...found, subject: noSubject ? '' : found.subject, exact: true };
  return {
    shown,
    /** What is wrong with the templates; the preview shows what was there before. */
    faults,
    error: here || faults.length > 0 ? null : server.error,
    retry: () => void server.refetch(),
  };
}

export type PreviewState = ReturnType<typeof usePreview>;
