export { OpenedRecord } from "./opened-record.ts";
export { type OpenOutcome, RecordOpener, type RecordOpenerOptions } from "./record-opener.ts";
export { RecordSealer, type RecordSealerOptions } from "./record-sealer.ts";
export { PlainRecordWriter, type RecordWriter } from "./record-writer.ts";
export { ReplayWindow } from "./replay-window.ts";
