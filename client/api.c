/* SPDX-License-Identifier: Apache-2.0
 * client/api.c - libcurl with a line splitter behind it.
 */
#include "client/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

#define IDLE_MS 100
#define GET_TIMEOUT_MS 5000

struct api {
	CURL *curl;
	char *where;
	bool is_url;
	char session[64];
};

struct transfer {
	const struct api_lines *lines;
	struct buf part; /* of a line whose end has not come yet */
	bool cancelled;
};

struct api *
api_create(const char *where)
{
	struct api *a = mem_zalloc(sizeof(*a));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	a->curl = curl_easy_init();
	CHECK(a->curl);
	a->where = mem_strdup(where);
	a->is_url = strncmp(where, "http://", 7) == 0 ||
		    strncmp(where, "https://", 8) == 0;
	return a;
}

void
api_destroy(struct api *a)
{
	if (!a)
		return;
	curl_easy_cleanup(a->curl);
	free(a->where);
	free(a);
}

static void
prepare(struct api *a, const char *path)
{
	char url[1024];

	curl_easy_reset(a->curl);
	if (a->is_url) {
		size_t n = strlen(a->where);

		while (n > 0 && a->where[n - 1] == '/')
			n--;
		snprintf(url, sizeof(url), "%.*s%s", (int)n, a->where, path);
	} else {
		snprintf(url, sizeof(url), "http://sluice%s", path);
		curl_easy_setopt(a->curl, CURLOPT_UNIX_SOCKET_PATH, a->where);
	}
	curl_easy_setopt(a->curl, CURLOPT_URL, url);
	curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a->curl, CURLOPT_PROXY, "");
}

static int
explain(struct api *a, CURLcode rc, struct error *err)
{
	long os_errno = 0;

	curl_easy_getinfo(a->curl, CURLINFO_OS_ERRNO, &os_errno);
	if (rc == CURLE_COULDNT_CONNECT &&
	    (os_errno == EACCES || os_errno == EPERM)) {
		error_set(err, ERR_PERMISSION, "permission denied on %s",
			  a->where);
		error_note(err, "ask to be a member of its group (ls -l %s)",
			   a->where);
		return -1;
	}
	if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST) {
		error_set(err, ERR_CONNECTION, "no sluiced listens on %s",
			  a->where);
		error_note(err, "start one (systemctl start sluiced, or sluiced "
			   "--socket PATH), name its socket by -s, or run a "
			   "script without one: sluice run FILE.sql");
		return -1;
	}
	return error_set(err, ERR_CONNECTION, "the connection to %s broke: %s",
			 a->where, curl_easy_strerror(rc));
}

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	(void)one;
	buf_append(arg, data, n);
	return n;
}

int
api_get(struct api *a, const char *path, struct buf *out, long *ret_status,
	struct error *err)
{
	CURLcode rc;

	prepare(a, path);
	buf_clear(out);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(a->curl, CURLOPT_TIMEOUT_MS, (long)GET_TIMEOUT_MS);
	rc = curl_easy_perform(a->curl);
	if (rc != CURLE_OK)
		return explain(a, rc, err);
	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, ret_status);
	return 0;
}

int
api_open_session(struct api *a, struct error *err)
{
	struct buf body;
	json_t *root;
	const char *id;
	CURLcode rc;

	buf_init(&body);
	prepare(a, "/v1/sessions");
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &body);
	rc = curl_easy_perform(a->curl);
	if (rc != CURLE_OK) {
		buf_release(&body);
		return explain(a, rc, err);
	}
	root = json_loadb(body.data ? body.data : "", body.len, 0, NULL);
	id = json_string_value(json_object_get(root, "session"));
	if (id)
		snprintf(a->session, sizeof(a->session), "%s", id);
	else
		error_set(err, ERR_CONNECTION, "%s gave no session: %.*s",
			  a->where, (int)(body.len < 200 ? body.len : 200),
			  body.data ? body.data : "");
	json_decref(root);
	buf_release(&body);
	return *a->session ? 0 : -1;
}

static size_t
on_lines(char *data, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t done = 0;

	(void)one;
	while (done < n) {
		char *end = memchr(data + done, '\n', n - done);
		size_t len = end ? (size_t)(end - data) - done : n - done;
		const char *text = data + done;
		size_t text_n = len;

		done += len + (end != NULL);
		if (!end || t->part.len) {
			buf_append(&t->part, text, len);
			text = t->part.data;
			text_n = t->part.len;
		}
		if (!end)
			break;
		if (text_n && !t->lines->line(t->lines->arg, text, text_n)) {
			t->cancelled = true;
			return 0;
		}
		buf_clear(&t->part);
	}
	return n;
}

/* Turns the transfer until it is over or somebody has had enough. */
static CURLcode
perform(CURLM *multi, struct transfer *t)
{
	int running = 1, left;
	const CURLMsg *m;

	while (running) {
		CURLMcode rc = curl_multi_perform(multi, &running);

		if (rc == CURLM_OK && running)
			rc = curl_multi_poll(multi, NULL, 0, IDLE_MS, NULL);
		if (rc != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		if (running && !t->lines->idle(t->lines->arg)) {
			t->cancelled = true;
			return CURLE_ABORTED_BY_CALLBACK;
		}
	}
	m = curl_multi_info_read(multi, &left);
	return m ? m->data.result : CURLE_OK;
}

static CURLcode
transfer(struct api *a, struct transfer *t)
{
	CURLM *multi = curl_multi_init();
	CURLcode rc;

	CHECK(multi);
	curl_multi_add_handle(multi, a->curl);
	rc = perform(multi, t);
	curl_multi_remove_handle(multi, a->curl);
	curl_multi_cleanup(multi);
	return rc;
}

int
api_sql(struct api *a, const char *script, size_t n,
	const struct api_lines *lines, struct error *err)
{
	struct transfer t = { .lines = lines };
	struct curl_slist *headers = NULL;
	char session[128];
	CURLcode rc;

	buf_init(&t.part);
	prepare(a, lines->progress ? "/v1/sql?progress=1" : "/v1/sql");
	headers = curl_slist_append(headers, "Content-Type: text/plain");
	headers = curl_slist_append(headers, "Expect:");
	if (*a->session) {
		snprintf(session, sizeof(session), "Sluice-Session: %s",
			 a->session);
		headers = curl_slist_append(headers, session);
	}
	curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, script);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, on_lines);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &t);
	rc = transfer(a, &t);
	curl_slist_free_all(headers);
	if (rc == CURLE_OK && t.part.len)
		lines->line(lines->arg, t.part.data, t.part.len);
	buf_release(&t.part);
	if (t.cancelled)
		return error_set(err, ERR_CANCELLED, "interrupted");
	return rc == CURLE_OK ? 0 : explain(a, rc, err);
}
