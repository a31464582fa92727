// The DNS server of a lab: names that are not the cluster's do not exist.
import { createSocket } from "node:dgram";
import { CONTROL_ADDRESS } from "../host/network.ts";
import { answerQuery } from "./answer.ts";

const socket = createSocket("udp4", (query, from) => {
  const answer = answerQuery(query);
  if (answer !== undefined) socket.send(answer, from.port, from.address);
});
socket.bind(53, CONTROL_ADDRESS);
