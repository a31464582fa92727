// Package conntrack holds what takes the place of one file of kube-proxy's package of this name in the
// program kube-proxy-keep-conntrack: flows stay with the pod that they began with as long as conntrack
// remembers them, as with the data planes that do not clean up behind their endpoints.
package conntrack

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/proxy"
)

// CleanStaleEntries leaves all entries as they are.
func CleanStaleEntries(Interface, v1.IPFamily, proxy.ServicePortMap, proxy.EndpointsMap) {}
