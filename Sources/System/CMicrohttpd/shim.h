#pragma once
#include <microhttpd.h>

// MHD_start_daemon is variadic, which Swift cannot call: this function spells the options that Cairn uses.
static inline struct MHD_Daemon *
cairn_mhd_start(int listen_socket, unsigned int threads, unsigned int connections, unsigned int idle_seconds,
                size_t connection_memory, MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
                MHD_NotifyConnectionCallback connected, void *context)
{
    unsigned int flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME
                         | MHD_ALLOW_UPGRADE | MHD_USE_ITC;
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listen_socket,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_NOTIFY_CONNECTION, connected, context,
        MHD_OPTION_ARRAY, threads > 1 ? pool : none,
        MHD_OPTION_END);
}

// Variadic too: closes an upgraded connection.
static inline enum MHD_Result cairn_mhd_close_upgraded(struct MHD_UpgradeResponseHandle *handle)
{
    return MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

// The descriptor of a connection, or -1.
static inline int cairn_mhd_descriptor(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : (int)info->connect_fd;
}

// What the notification callback left with the connection, or NULL.
static inline void *cairn_mhd_socket_context(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}
