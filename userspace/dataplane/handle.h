/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the data plane's handle: file descriptors of what is pinned, mappings of it, and what the
 * modules of this folder ask of each other. Not for other folders.
 *
 *   <run_dir>/bpf/v<abi>/maps/<map>, maps/image-a, maps/image-b
 *                        explain/<map>       the explain instance's own maps
 *                        progs/<program>, progs/explain, progs/stages, progs/explain-stages
 *                        progs/stages-old, progs/explain-stages-old  of the programs before, which ports may still run
 *                        links/xdp-<ifindex>, links/redirect-err
 *                        object              symbolic link whose target names the loaded object
 *
 * The tree is built as v<abi>-new and renamed when it is whole, so that it is there entirely or not at all; it goes
 * as v<abi>-old. Of two whole ones each link is in one: an upgrade was interrupted (upgrade.c).
 */
#ifndef FB_DATAPLANE_HANDLE_H
#define FB_DATAPLANE_HANDLE_H

#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/vec.h"
#include "dataplane/dataplane.h"

struct bpf_map_info;
struct nlmsghdr;
struct rtattr;

enum fb_map_id {
	/* shared by the live and the explain instance */
	FB_MAP_IMAGES,
	FB_MAP_RUNTIME,
	FB_MAP_SELF,
	FB_MAP_EGRESS,
	FB_MAP_DEV,
	FB_MAP_NEXTHOPS,
	FB_MAP_REDIRECT_ERRS,
	FB_MAP_SWITCHES,
	FB_MAP_QUARANTINE,
	FB_MAP_QUARANTINE_MAC,
	FB_MAP_DEVICES,
	FB_MAP_EVENTS,
	/* one each */
	FB_MAP_GEOMETRY,
	FB_MAP_BUSY,
	FB_MAP_TAGS,
	FB_MAP_FLOWS,
	FB_MAP_PAIR_COUNTERS,
	FB_MAP_RULE_COUNTERS,
	FB_MAP_EXPLAIN_OUT,
	FB_MAP_SCRATCH,
	FB_MAP_METERS,
	FB_MAP_FRAGS,
	FB_MAP_COUNT,
};

struct fb_map_spec {
	const char *name;
	unsigned int key_size;
	bool shared;
	int prot; /* how it is mapped, 0 = not at all */
};
extern const struct fb_map_spec fb_map_specs[FB_MAP_COUNT];

/* What the sizes of the big maps follow from. */
struct fb_sizes {
	unsigned int buckets; /* power of two */
	unsigned int cpus;    /* strides of the counters, power of two */
	size_t image;	      /* bytes */
};
/* Bytes of the one value of a map; 0 = not a map whose size is ours to say. */
size_t fb_map_value_size(enum fb_map_id id, const struct fb_sizes *sizes);

enum fb_prog_id {
	FB_PROG_XDP,
	FB_PROG_XDP_JUDGE,
	FB_PROG_XDP_FRAGMENT,
	FB_PROG_XDP_REJECT,
	FB_PROG_XDP_WIRE,
	FB_PROG_XDP_NEIGHBOUR,
	FB_PROG_XDP_SWEEP,
	FB_PROG_TC_IN,
	FB_PROG_TC_OUT,
	FB_PROG_REDIRECT_ERR,
	FB_PROG_EXPLAIN,
	FB_PROG_COUNT
};
extern const char
	*const fb_prog_names[FB_PROG_COUNT]; /* of the pins; all but explain are the program's name too */

/* The program of each stage (enum fb_stage); 0 = none yet: fb_xdp is nobody's next stage. */
extern const enum fb_prog_id fb_stage_progs[FB_STAGES];

/* Maps of one instance: descriptors and mappings. */
struct fb_maps {
	int fd[FB_MAP_COUNT];
	void *mem[FB_MAP_COUNT];
	size_t bytes[FB_MAP_COUNT]; /* of a mapping */
};

/* A device behind a port, which the guard lets through while the port enforces. */
struct fb_upper {
	__u32 ifindex, port;
};

/* The tree of another ABI version, which enforces until fb_dataplane_succeed() has taken its links over. */
struct fb_before {
	unsigned int abi;
	char *dir;
	__u32 generation; /* of its image in force, 0 = none */
	size_t image;	  /* bytes of its images */
	unsigned int layout;
	bool alike; /* its flows are laid out as this version's, and geometry is theirs */
	struct fb_flow_geometry geometry;
};

/* A table in terms of bytes: entries of `stride` bytes, the key at their start and the value behind it. */
struct fb_table_content {
	const void *entries;
	size_t n, stride, key_size, value_offset;
};

struct fb_dataplane {
	char *mount;		  /* <run_dir>/bpf */
	int held;		  /* a descriptor of it: it is not unmounted under us */
	char *dir;		  /* <run_dir>/bpf/v<abi> */
	char *fresh;		  /* where the tree is until it may be called dir; NULL = it is there */
	struct fb_before *before; /* NULL = nobody else enforces */
	bool emptied;		  /* somebody removed all pins of a tree, and left the directory */
	uid_t owner;
	bool generic;
	struct fb_sizes sizes;
	struct fb_maps live, explain;
	int prog[FB_PROG_COUNT];
	int stages_fd[2]; /* of the live and the explain instance */
	__u32 prog_id[FB_PROG_COUNT];
	int image_fd[2];
	__u32 image_id[2];
	void *image[2];
	bool image_clean[2]; /* never written by anybody */
	int image_live;	     /* 0, 1; -1 = none */
	struct nft_ctx *nft;
	char *guard;  /* the commands that make the guard what it should be */
	char *rescue; /* and the one that lets the rescue access in; NULL = it is shut */
	struct FB_VEC(struct fb_upper) uppers;
	/* ---- contents.c: what was written last ---- */
	struct fb_table_content kept[FB_MAP_COUNT]; /* of tables; entries NULL = nothing yet */
	__u64 kept_sum[FB_MAP_COUNT];
	__u64 cut[FB_ZONES_MAX];
	struct fb_flow_geometry geometry;
	struct FB_VEC(__u64) image_sums; /* of the image in force, a part each */
	size_t image_at;		 /* the part that is looked at next */
};

/* Of each class, per CPU: a flood on every core of a large machine is some thousand events a second. */
#define FB_EVENTS_PER_TICK 128u

/* The explain instance's table: few flows are ever in it. */
#define FB_EXPLAIN_BUCKETS 64u

/* ---- open.c ---- */
/* A handle that knows its paths and has nothing open. */
struct fb_dataplane *fb_handle_new(const struct fb_dataplane_options *options);
/* The tree gets its name: from here on it is whole. */
int fb_handle_complete(struct fb_dataplane *dp, struct fb_error *err);
static inline void fb_handle_cleanup(struct fb_dataplane **dp)
{
	fb_dataplane_close(*dp);
}

/* ---- place.c: the bpffs and its directories ---- */
char *fb_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int fb_place_mount(const char *path, uid_t owner, struct fb_error *err);
int fb_place_mkdir(const char *path, uid_t owner, struct fb_error *err);
int fb_place_pin(int fd, const char *path, uid_t owner, struct fb_error *err);
/* Removes a tree of pins; what is not there is no error. */
int fb_place_remove(const char *path, struct fb_error *err);
/* Removes the tree <dir>, which is whole until the first step, and not at all after it. */
int fb_place_retire(const char *dir, struct fb_error *err);
/* Where the handle's pins are now. */
static inline const char *fb_place(const struct fb_dataplane *dp)
{
	return dp->fresh ? dp->fresh : dp->dir;
}

/* ---- load.c: from the object to a tree of pins ---- */
/* Names the object that this program carries; buf holds 17 bytes. */
void fb_load_object_name(char *buf);
/* The first line of a new table, with a secret of its own. */
int fb_load_geometry(const struct fb_sizes *sizes, struct fb_flow_geometry *ret, struct fb_error *err);
/* Loads both instances and pins all there is below dir, which must not exist. */
int fb_load_pin(const char *dir, const struct fb_sizes *sizes, const struct fb_flow_geometry *geometry,
		const struct fb_dataplane_options *options, struct fb_error *err);
/* Loads the programs again over the maps of dp, and puts them in place of the pinned ones. */
int fb_load_replace(struct fb_dataplane *dp, struct fb_error *err);
/* The end of what libbpf said last, for errors. */
const char *fb_load_said(void);
void fb_load_listen(void);

/* ---- pins.c: what somebody removed of a tree ---- */
extern const char *const fb_stage_pins[2]; /* of the live and the explain instance */
/* A pin of a program or of an array of stages is missing: the programs are to be loaded anew. */
bool fb_pins_lack_programs(const struct fb_dataplane *dp);

/* ---- adopt.c: from a tree of pins to descriptors and mappings ---- */
int fb_adopt_maps(struct fb_dataplane *dp, struct fb_error *err);
int fb_adopt_programs(struct fb_dataplane *dp, struct fb_error *err);
int fb_prog_info(int fd, __u32 *ret_id, char name[16], struct fb_error *err);

/* ---- before.c: the tree of another version ---- */
/* Clears away what is not whole, and what pins nothing. Of another version's whole tree: dp->before; -EEXIST if it is none that can be followed. */
int fb_before_find(struct fb_dataplane *dp, struct fb_error *err);
void fb_before_free(struct fb_before *before);
/* A map that is pinned in its tree, and what it is. */
int fb_before_map(const struct fb_before *before, const char *name, struct bpf_map_info *ret_info,
		  struct fb_error *err);

/* ---- carry.c and merge.c: what is taken over from it ---- */
/* Both tables of flows; ours is mapped for writing for as long as this lives. */
struct fb_carry {
	const struct fb_flow *from;
	const __u8 *from_tags;
	struct fb_flow *to;
	__u8 *to_tags;
	__u64 *seen; /* by way: its word when it was copied, 0 = it was not; NULL = nothing was */
	size_t ways;
	__u32 tick;
};
int fb_carry_open(struct fb_dataplane *dp, struct fb_carry *ret, struct fb_error *err);
void fb_carry_done(struct fb_carry *carry);
/* As fb_flow_next(), of the other table. */
size_t fb_carry_next(const struct fb_carry *carry, size_t i);
/* Its live flows as they are, into a table that no program uses yet. */
void fb_carry_flows(struct fb_carry *carry);
/* What changed since, into a table that programs use. Returns how many found no room. */
__u64 fb_carry_merge(struct fb_carry *carry);
/* Ways that are locked by an agent that was killed: programs hold a lock for less than a microsecond. */
void fb_carry_unlock(const struct fb_carry *carry);
/* Limits and quotas, into a table that no program uses yet. */
int fb_carry_meters(struct fb_dataplane *dp, struct fb_error *err);
/* Moves the old counters' numbers to the new ones, on which programs count. 1 = they are not of one size. */
int fb_carry_counters(struct fb_dataplane *dp, struct fb_error *err);
/* How many flows live in the other table, as far as this version can read it; ~0 = it cannot. */
__u64 fb_carry_count(struct fb_dataplane *dp);

/* ---- image.c ---- */
/* Returns when no CPU runs a program that began before. */
void fb_image_wait(const struct fb_dataplane *dp);

/* ---- tick.c ---- */
/* log2 of the jiffies in a tick: fb_config.jiffies_shift. */
unsigned int fb_tick_shift(void);

/* ---- link.c: XDP ---- */
int fb_link_ensure(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, enum fb_xdp_mode *ret_mode,
		   struct fb_error *err);
/* Detaches a pinned link and removes the pin; no pin = 0. */
int fb_link_unpin(const char *pin, struct fb_error *err);
/* Of the tree dir. 1 = alive, 0 = severed or of a device that is elsewhere, -ENOENT = no pin. */
int fb_link_alive(const char *dir, __u32 ifindex, struct fb_error *err);
/* A live link of the tree `from` runs our program from here on, and its pin is in our tree. */
int fb_link_move(struct fb_dataplane *dp, const char *from, __u32 ifindex, struct fb_error *err);
enum fb_xdp_mode fb_link_mode(__u32 ifindex);
/* ifindexes of all links pinned below dir, alive or not; to be freed. */
int fb_link_pinned(const char *dir, __u32 **ret, struct fb_error *err);
/* Those that are alive; to be freed. */
int fb_link_living(const char *dir, __u32 **ret, struct fb_error *err);
/* How many of those run the program. */
int fb_link_running(const char *dir, __u32 prog_id, struct fb_error *err);
/* Of two trees: how many links are in ours, or run its program already. */
int fb_before_moved(const struct fb_dataplane *dp, struct fb_error *err);

/* ---- tc.c and filters.c: clsact ---- */
int fb_tc_ensure(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err);
int fb_tc_remove(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err);
/* 0 = both filters are there, ours and first; else why not. */
int fb_tc_check(struct fb_dataplane *dp, const char *ifname, __u32 ifindex, struct fb_error *err);

struct fb_filter {
	__u16 prio;
	__u32 handle;
	char kind[16];
	char name[64]; /* of a BPF filter, as libbpf and tc write it */
	__u32 prog_id; /* 0 = not a BPF filter */
};
/*
 * The filters of one hook, in the order in which they run; *ret is to be freed. Returns their number; no
 * clsact = 0.
 */
int fb_filters_list(__u32 ifindex, bool egress, struct fb_filter **ret, struct fb_error *err);

/* ---- ask.c: netlink ---- */
/* Calls take, if any, for each message of the answer. 0, or the kernel's errno. A request that is no dump must ask for an acknowledgement. */
int fb_ask(int protocol, const struct nlmsghdr *request, void (*take)(const struct nlmsghdr *h, void *arg),
	   void *arg);
const struct rtattr *fb_ask_attr(const struct rtattr *a, int len, unsigned short type);

/* ---- guard_ask.c ---- */
bool fb_guard_has(__u32 ifindex);

/* ---- unload.c ---- */
/* -EBUSY: a device of this host runs a program of ours; once the trees of a run directory are removed, another one's. */
int fb_unload_nobody_else(struct fb_error *err);

/* ---- guard.c: nftables ---- */
int fb_guard_connect(struct fb_dataplane *dp, struct fb_error *err);
/* Connects if need be. */
int fb_guard_open(struct fb_dataplane *dp, const char *const *management, struct fb_error *err);
int fb_guard_remove_table(struct fb_dataplane *dp, struct fb_error *err);
/* The port and the uppers known for it. */
int fb_guard_add(struct fb_dataplane *dp, __u32 port, struct fb_error *err);
int fb_guard_remove(struct fb_dataplane *dp, __u32 port, struct fb_error *err);
/* Makes the set what it should be: enforcing ports and their uppers, nothing else. */
int fb_guard_reconcile(struct fb_dataplane *dp, const __u32 *ports, size_t n_ports, struct fb_error *err);

/* ---- tables.c ---- */
/*
 * Makes a table hold just these: what is missing is put before what is stale goes. -E2BIG: more than there is room for, and nothing changes. From any other error
 * on it is what the table is to hold all the same: mend.c goes on trying.
 */
int fb_table_replace(struct fb_dataplane *dp, enum fb_map_id id, const struct fb_table_content *content,
		     struct fb_error *err);
/* The same, of what is kept. */
int fb_table_write(struct fb_dataplane *dp, enum fb_map_id id, struct fb_error *err);
/* fb_runtime.self_filter for these addresses. */
void fb_self_filter(const struct fb_self_entry *entries, size_t n, __u32 *ret);

/* ---- switches.c ---- */
void fb_switches_write(struct fb_switches *live, const struct fb_switches *want);

/* ---- contents.c: what the maps are to hold ---- */
/* Copies content: the table is to hold it from now on. */
void fb_contents_keep(struct fb_dataplane *dp, enum fb_map_id id, const struct fb_table_content *content);
/* The image in force is as it should be. */
void fb_contents_keep_image(struct fb_dataplane *dp);
/* Does the table hold what is kept? */
bool fb_contents_are_kept(const struct fb_dataplane *dp, enum fb_map_id id);
/* Is the image in force another than was kept? Looks at the next 4 MiB of it. */
bool fb_contents_edited_image(struct fb_dataplane *dp);

/* ---- flows.c ---- */
/* Where a flow lies, and the word of its way at the time of reading. */
struct fb_flow_place {
	size_t at; /* of all ways */
	__u64 word;
};
/* fb_dataplane_each_flow with places. */
size_t fb_flow_walk(const struct fb_dataplane *dp, size_t from,
		    bool (*each)(const struct fb_snapshot_flow *flow, const struct fb_flow_place *place,
				 void *arg),
		    void *arg);
/* The first way from i on in whose bucket there ever was a flow; the number of all ways if there is none. */
size_t fb_flow_next(const struct fb_dataplane *dp, size_t i);
/* A consistent copy of an entry and its word, which programs may be writing; false = it was being written. */
bool fb_flow_copy(const struct fb_flow *flow, struct fb_flow *ret, __u64 *ret_word);
/* A consistent copy of way i (of all) and its word, which the programs may be writing; false = it was being written. */
bool fb_flow_read(const struct fb_dataplane *dp, size_t i, struct fb_flow *ret, __u64 *ret_word);
/* The address of endpoint 0 (a) or 1 (b). */
struct fb_ip fb_flow_address(const struct fb_flow *f, int endpoint);
/* Not free and not timed out. */
bool fb_flow_is_live(__u32 meta, __u32 tick);

#endif
