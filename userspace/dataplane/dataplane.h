/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data plane as the agent sees it: load, pin, attach, adopt, feed, read. The only user of libbpf. Nothing
 * here ever detaches because a process ends: links and maps are pinned under <run_dir>/bpf/v<abi>/, tc
 * filters belong to the kernel.
 */
#ifndef FB_DATAPLANE_DATAPLANE_H
#define FB_DATAPLANE_DATAPLANE_H

#include "base/error.h"
#include "dataplane/snapshot.h"

struct fb_dataplane;

struct fb_dataplane_options {
	const char *run_dir; /* e.g. /run/firebreak; bpffs is mounted at <run_dir>/bpf, mode 0700 */
	/* The uid that the mount belongs to, beside root: the agent's after it dropped its privileges. */
	unsigned int owner;
	/* These three shape what is loaded anew; what is adopted keeps the shape that it has. */
	unsigned int flow_buckets; /* power of two; 0 = by memory (256 K flows on 1 GiB) */
	bool large_image;	   /* each of the two images has room for a policy of 64 MiB, else 16 */
	bool fake_clock;	   /* tests: time comes from fb_runtime */
	bool generic;		   /* allow generic XDP where the driver has no native mode */
	/*
	 * Interfaces that are no policy interfaces but may reach this host (never be forwarded from). Names;
	 * NULL-terminated, or NULL.
	 */
	const char *const *management;
};

/*
 * Adopts what is pinned if its ABI matches, else loads the programs, creates and pins all maps. *ret_adopted
 * tells which. Where another ABI version is pinned, that goes on enforcing: see fb_dataplane_predecessor(). On success everything that will ever be loaded is loaded and pinned (live programs, explain
 * instance, redirect-error counter).
 */
int fb_dataplane_open(const struct fb_dataplane_options *options, struct fb_dataplane **ret,
		      bool *ret_adopted, struct fb_error *err);
/* Puts back what somebody removed of our pins, and says how many; *ret_first (to be freed) is the first of them if there was one. */
int fb_dataplane_keep_pins(struct fb_dataplane *dp, char **ret_first);
/*
 * Puts back what somebody edited in our maps; once a second. Returns their names (to be freed), NULL = all is as it was written. *ret_image: the image in force was
 * edited, and is to be compiled anew. What the programs write themselves (flows, counters, meters, next hops) is not looked at.
 */
char *fb_dataplane_keep_contents(struct fb_dataplane *dp, bool *ret_image);
/* Somebody had removed every pin of a tree: it was none any more. */
bool fb_dataplane_was_emptied(const struct fb_dataplane *dp);
/*
 * The ABI version of what enforces beside this data plane, which was loaded and is attached nowhere; 0 = nothing does. Nothing may be attached
 * until fb_dataplane_succeed(), and everything else must be as it shall be before: image, tables, switches, clock. Whoever closes the handle instead has
 * changed nothing. Until then the generation in force is the other's, and the devices that are attached are.
 */
unsigned int fb_dataplane_predecessor(const struct fb_dataplane *dp);
struct fb_succession {
	unsigned int abi, layout; /* of the version before */
	bool anew;		  /* its flows are laid out in another way: none was taken over */
	__u64 flows;		  /* that live and were taken over */
	__u64 lost;		  /* that were not; ~0 = nobody can tell how many */
	bool uncounted;		  /* its counters are of another size, and begin at zero */
};
/*
 * Every link of the other version goes on with this one's program, from one packet to the next; then its flows and counters come over and its tree goes.
 * A failure leaves the other as it was, or if links have moved both: the next start goes on there. Attach each device afterwards: what is wrong with its filters is said then.
 */
int fb_dataplane_succeed(struct fb_dataplane *dp, struct fb_succession *ret, struct fb_error *err);
/* Closes fds and mappings. Enforcement goes on. */
void fb_dataplane_close(struct fb_dataplane *dp);
/* Detaches everything and unpins: an explicit operator action (firebreakd --unload), never at exit. */
int fb_dataplane_unload(struct fb_dataplane *dp, struct fb_error *err);
/*
 * The same without a handle: also clears away what fb_dataplane_open() refuses to adopt, whatever its ABI.
 * Nothing there = 0.
 */
int fb_dataplane_unload_all(const struct fb_dataplane_options *options, struct fb_error *err);

/*
 * The spare image to fill (zeroed, *ret_size bytes) and the switch to it; the switch waits for readers and is
 * atomic.
 */
void *fb_dataplane_spare_image(struct fb_dataplane *dp, size_t *ret_size);
int fb_dataplane_switch_image(struct fb_dataplane *dp, struct fb_error *err);
/*
 * Back to no image: everything is dropped. For the very first policy that nobody confirmed; devices are the
 * caller's to detach.
 */
int fb_dataplane_drop_image(struct fb_dataplane *dp, struct fb_error *err);
/* The generation in force, 0 = no image. */
__u32 fb_dataplane_generation(const struct fb_dataplane *dp);
/* The image in force (read-only mapping), NULL = none. */
const void *fb_dataplane_image(const struct fb_dataplane *dp);

/*
 * Protects a device: XDP link with an explicit mode flag, clsact with both filters, then its index into the
 * guard's set; in this order. Idempotent: adopts a live pinned link of the same ifindex and replaces a
 * severed one. The error names what is wrong and what to do (no native XDP: EOPNOTSUPP; MTU too large:
 * ERANGE; foreign XDP program or filter: EBUSY with its id).
 */
enum fb_xdp_mode { FB_XDP_NONE, FB_XDP_NATIVE, FB_XDP_GENERIC };
int fb_dataplane_attach(struct fb_dataplane *dp, const char *ifname, __u32 ifindex,
			enum fb_xdp_mode *ret_mode, struct fb_error *err);
/* No longer a policy interface: out of the guard's set first, then filters and link. */
int fb_dataplane_detach(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err);
/* Still enforcing? XDP link alive on this ifindex, both filters ours, index in the guard. */
bool fb_dataplane_enforcing(struct fb_dataplane *dp, const char *ifname, __u32 ifindex,
			    enum fb_xdp_mode *ret_mode, struct fb_error *ret_why);
/* Pinned links whose device is gone: unpinned, their index taken out of the guard. Returns how many. */
int fb_dataplane_reap(struct fb_dataplane *dp, struct fb_error *err);
/* ifindexes of all live pinned links. *ret is the caller's to free; returns the count or negative errno. */
int fb_dataplane_attached(struct fb_dataplane *dp, __u32 **ret, struct fb_error *err);

/* Where this host may be reached from while no policy is in force (S65): by TCP, on one port. */
struct fb_rescue {
	char interface[16]; /* not attached, or its program drops all */
	char prefix[64];    /* "10.99.0.0/24", without bits beyond its length */
	int family;	    /* 4 or 6; 0 = there is none */
	unsigned short port;
};
/* Is the guard's table there? */
bool fb_dataplane_guarded(void);
/* Lets the guard hear it; NULL = no longer. */
int fb_dataplane_rescue(struct fb_dataplane *dp, const struct fb_rescue *rescue, struct fb_error *err);
/*
 * Loads the guard if there is none: closed but for lo, the options' management interfaces and, where nothing enforces, the rescue access.
 * It needs no handle and nothing that may be missing after a boot. 1 = it was loaded, 0 = there is one, whoever's, which stays as it is.
 */
int fb_dataplane_close_host(const struct fb_dataplane_options *options, const struct fb_rescue *rescue,
			    struct fb_error *err);

/*
 * Tables that the agent keeps in step with the host. Each replaces the whole content by differences (never
 * empty in between).
 */
struct fb_self_entry {
	struct fb_self_key key;
	struct fb_self_value value;
};
int fb_dataplane_set_self(struct fb_dataplane *dp, const struct fb_self_entry *entries, size_t n,
			  struct fb_error *err);
struct fb_egress_entry {
	__u32 ifindex; /* as the FIB answers */
	struct fb_egress egress;
};
/*
 * An entry whose ifindex is not its port (a VLAN device, a bond) is also listened to by the guard while that
 * port enforces: what the kernel takes from a port comes in on this device.
 */
int fb_dataplane_set_egress(struct fb_dataplane *dp, const struct fb_egress_entry *entries, size_t n,
			    struct fb_error *err);
void fb_dataplane_bump_routes(struct fb_dataplane *dp);
/*
 * What deadlines are measured by: the kernel's TAI offset, and unix seconds that are known to be past. known: the
 * kernel vouches for its clock; once it did, that holds until the machine starts again (S53).
 */
void fb_dataplane_set_clock(struct fb_dataplane *dp, int tai_offset, bool known, __u32 floor);

/*
 * The operator's switches (S28, S29): makes them what `want` says, in force with the next packet. Whatever is cut or
 * quarantined before and after is so at every moment between; on failure nothing that was is less so.
 * Addresses beyond FB_QUARANTINES_MAX, MACs beyond that: -E2BIG.
 */
enum { FB_QUARANTINES_MAX = 4096 };
struct fb_switches_wanted {
	__u64 cut[FB_ZONES_MAX];			   /* symmetric */
	struct FB_VEC(struct fb_quarantine_key) addresses; /* each once */
	struct FB_VEC(struct fb_mac_key) macs;
};
int fb_dataplane_set_switches(struct fb_dataplane *dp, const struct fb_switches_wanted *want,
			      struct fb_error *err);
/* The cuts that are in force; *ret holds FB_ZONES_MAX words. */
void fb_dataplane_get_cuts(const struct fb_dataplane *dp, __u64 *ret);
/*
 * Ends the live flows for which match(flow, arg) is true: their next packet finds none. A flow whose line still allows
 * it comes back if it can begin with that packet (UDP can, TCP cannot). Returns how many, or negative.
 */
int fb_dataplane_end_flows(struct fb_dataplane *dp, bool (*match)(const struct fb_snapshot_flow *, void *),
			   void *arg, struct fb_error *err);

/* Counters, summed over CPUs; read from mappings, no system call. */
void fb_dataplane_pair_counter(const struct fb_dataplane *dp, unsigned int src_zone, unsigned int dst_zone,
			       unsigned int reason, struct fb_pair_counter *ret);
void fb_dataplane_rule_counter(const struct fb_dataplane *dp, unsigned int slot, struct fb_rule_counter *ret);
/* A slot or zone id changes hands: its counters start at zero. */
void fb_dataplane_clear_rule_counter(struct fb_dataplane *dp, unsigned int slot);
void fb_dataplane_clear_zone_counters(struct fb_dataplane *dp, unsigned int zone);
/* The data plane's clock now, and how many seconds some of its ticks are (0 for what is not past). */
__u32 fb_dataplane_tick(const struct fb_dataplane *dp);
__u32 fb_dataplane_tick_seconds(const struct fb_dataplane *dp, __s32 ticks);
void fb_dataplane_flow_totals(const struct fb_dataplane *dp, struct fb_flow_totals *ret);
/*
 * Calls each(flow, arg) for every live flow from this place of the table on, 0 being its begin, until it returns false. Returns the place of
 * that flow; FB_FLOWS_END = all were seen.
 */
#define FB_FLOWS_END ((size_t)-1)
size_t fb_dataplane_each_flow(const struct fb_dataplane *dp, size_t from,
			      bool (*each)(const struct fb_snapshot_flow *, void *), void *arg);
/* Packets that a driver did not take after the verdict (all CPUs). */
__u64 fb_dataplane_redirect_errors(const struct fb_dataplane *dp);
/* Bytes of all pinned maps, by arithmetic. */
size_t fb_dataplane_map_bytes(const struct fb_dataplane *dp);

/*
 * Events, as the programs tell them. One reader: what it takes is gone. The fd is readable when there are any;
 * read calls each() at most max times and returns whether there may be more.
 */
struct fb_dataplane_events;
int fb_dataplane_events_open(const struct fb_dataplane *dp,
			     void (*each)(const struct fb_event *event, void *user), void *user,
			     struct fb_dataplane_events **ret, struct fb_error *err);
void fb_dataplane_events_close(struct fb_dataplane_events *events);
int fb_dataplane_events_fd(const struct fb_dataplane_events *events);
bool fb_dataplane_events_read(struct fb_dataplane_events *events, unsigned int max);
/* How many were told since the data plane was loaded, and how many were left out. */
void fb_dataplane_event_totals(const struct fb_dataplane *dp, __u64 *ret_emitted, __u64 *ret_lost);
/* Devices that ARP, neighbour discovery and (in zones with binding) new flows were seen from. */
void fb_dataplane_each_device(const struct fb_dataplane *dp,
			      void (*each)(const struct fb_device_key *key, const struct fb_device_seen *seen,
					   void *user),
			      void *user);

/*
 * Looks through the next part of the flow table for buckets whose flows are all dead, so that lookups pass them by; the whole in about a minute if it is
 * called once a second. Without it lookups are slower, and no more. 0, or -errno: the program cannot be run.
 */
int fb_dataplane_sweep(struct fb_dataplane *dp, struct fb_error *err);

/*
 * Runs the explain instance over a frame as if it came in on ifindex (0 is refused: -ENODEV). Live flows,
 * buckets and counters are not touched; the live entry of the frame's flow, if any, is copied in first.
 */
int fb_dataplane_explain(struct fb_dataplane *dp, __u32 ifindex, const void *frame, size_t len,
			 struct fb_explain *ret, struct fb_error *err);

#endif
