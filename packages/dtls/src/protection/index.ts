export { OpenedRecord } from "./opened-record.ts";
export { RecordOpener } from "./record-opener.ts";
export { RecordSealer } from "./record-sealer.ts";
export { PlainRecordWriter } from "./record-writer.ts";
export { ReplayWindow } from "./replay-window.ts";
